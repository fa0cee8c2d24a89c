declare global {
  // Known to the compiler only with the library `esnext.disposable`, which this declaration merges with.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}

/** What `using` closes at the end of its block, in engines that know it. */
export interface DisposableObject {
  readonly [Symbol.dispose]: () => void;
  dispose(): void;
}
