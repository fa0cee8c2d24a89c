type Attributes = Record<string, string | boolean | undefined>;

/**
 * Makes an element. `true` sets an empty attribute, `false` and `undefined` leave it out; strings among the children
 * become text nodes, never markup.
 */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children);
  return made;
}

/** The element of index.html with this id; a missing one is a mistake in the page itself. */
export function required<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no element with id "${id}"`);
  return found as T;
}

/** Touches the document only where the text is another: a selection survives, and nothing is read aloud twice. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** A 24×24 line icon from one path, hidden from assistive technology. */
export function icon(path: string, className = 'icon'): SVGSVGElement {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', className);
  const line = document.createElementNS(namespace, 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

/** Calls `paint` once per animation frame however often the returned function is called; `flush` paints now. */
export function oncePerFrame(paint: () => void): { schedule: () => void; flush: () => void } {
  let frame = 0;
  const run = () => {
    frame = 0;
    paint();
  };
  return {
    schedule: () => {
      frame ||= requestAnimationFrame(run);
    },
    flush: () => {
      cancelAnimationFrame(frame);
      run();
    },
  };
}
