/**
 * Measures sides in turns: nanoseconds per side, round by round.
 *
 * A round measures each side twice, the second time in the opposite order, and the next round begins with the other end:
 * its ratios are free of what disturbs all sides and of what the order does.
 */
export async function inTurns(sides, { rounds, warmUpRounds }, measure) {
  const taken = Object.fromEntries(sides.map((side) => [side, []]));
  for (let round = -warmUpRounds; round < rounds; round++) {
    const order = round & 1 ? sides : sides.toReversed();
    const spent = Object.fromEntries(sides.map((side) => [side, 0]));
    for (const side of [...order, ...order.toReversed()]) spent[side] += (await measure(side)) / 2;
    if (round >= 0) for (const side of sides) taken[side].push(spent[side]);
  }
  return taken;
}
