// Signals of the page and the network, as Rust knows them.
const VISIBLE = 0;
const RESUMED = 1;
const SHOWN = 2;
const HIDDEN = 3;
const ONLINE = 4;
const OFFLINE = 5;

/** Listens on the page, where there is one, and returns the function that ends it. */
export function listenToPage(report) {
  const { document } = globalThis;
  const listeners = [
    [globalThis, 'online', () => report(ONLINE)],
    [globalThis, 'offline', () => report(OFFLINE)],
    [globalThis, 'pagehide', (event) => event.persisted && report(HIDDEN)],
    [globalThis, 'pageshow', (event) => event.persisted && report(SHOWN)],
    [document, 'visibilitychange', () => document.visibilityState === 'visible' && report(VISIBLE)],
    [document, 'resume', () => report(RESUMED)],
  ].filter(([target]) => typeof target?.addEventListener === 'function');
  for (const [target, name, listener] of listeners) target.addEventListener(name, listener);
  return () => {
    for (const [target, name, listener] of listeners) target.removeEventListener(name, listener);
  };
}
