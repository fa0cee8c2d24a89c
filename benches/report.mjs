/** Prints results line by line and counts those that are over their budget. */
export class Report {
  #lines = 0;
  #over = 0;

  heading(text) {
    console.log(`\n${text}`);
  }

  /** A line that nothing is demanded of. */
  line(label, text) {
    console.log(`  ${label.padEnd(30)} ${text}`);
  }

  /** A line with a verdict. `budget` is the highest good value, or with `atLeast` the lowest. */
  judged(label, text, { value, budget, atLeast = false, format = String }) {
    const within = atLeast ? value >= budget : value <= budget;
    this.#lines++;
    if (!within) this.#over++;
    const verdict = `${within ? 'within' : 'OVER'} budget (${atLeast ? '≥' : '≤'} ${format(budget)})`;
    this.line(label, `${text}   ${verdict}`);
  }

  /** Prints the total; returns how many lines are over their budget. */
  summary() {
    console.log(`\n${this.#lines - this.#over} within budget, ${this.#over} over budget`);
    return this.#over;
  }
}

/** A whole number with separators. */
export const whole = (number) => Math.round(number).toLocaleString('en');

/** The median and the quartiles of some numbers. */
export function spread(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return { median: at(sorted, 0.5), low: at(sorted, 0.25), high: at(sorted, 0.75) };
}

/** `1.18 (1.15 – 1.21)`: the median and the quartiles. */
export function spreadText({ median, low, high }, digits = 2) {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} – ${high.toFixed(digits)})`;
}

/** The rounds of a client and of its floor: the median of the ratios, and the text of a line. */
export function besideFloor({ client, floor }) {
  const ratio = spread(client.map((nanoseconds, round) => nanoseconds / floor[round]));
  const text = [
    `client ${whole(spread(client).median).padStart(7)}`,
    `floor ${whole(spread(floor).median).padStart(7)}`,
    `ratio ${spreadText(ratio)}`,
  ];
  return { ratio: ratio.median, text: text.join('   ') };
}

function at(sorted, share) {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)];
  return below + (sorted[Math.ceil(place)] - below) * (place % 1);
}
