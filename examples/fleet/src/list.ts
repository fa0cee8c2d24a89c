export interface View<Shown> {
  readonly root: HTMLElement;
  update(shown: Shown): void;
}

/** The children of an element, one for each item, in order; a view lives as long as the key of its item. */
export class KeyedList<Shown> {
  private readonly views = new Map<string, View<Shown>>();

  constructor(
    private readonly root: HTMLElement,
    private readonly keyOf: (item: Shown) => string,
    private readonly make: (item: Shown) => View<Shown>,
  ) {}

  update(items: readonly Shown[]): void {
    const focused = document.activeElement;
    const present = new Set(items.map(this.keyOf));
    for (const [key, view] of this.views) {
      if (present.has(key)) continue;
      view.root.remove();
      this.views.delete(key);
    }
    items.forEach((item, index) => {
      const view = this.of(item);
      const place = this.root.children[index] ?? null;
      if (place !== view.root) this.root.insertBefore(view.root, place);
      view.update(item);
    });
    // An element that moved lost the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.root.contains(focused)) {
      focused.focus();
    }
  }

  private of(item: Shown): View<Shown> {
    const key = this.keyOf(item);
    const known = this.views.get(key);
    if (known) return known;
    const view = this.make(item);
    this.views.set(key, view);
    return view;
  }
}
