/** Lets `using` dispose of an object, where the engine knows it. */
export function disposable(object: { dispose(): void }): void {
  if (Symbol.dispose) Object.defineProperty(object, Symbol.dispose, { value: () => object.dispose() });
}
