// Signals of the page and the network, as Rust knows them.
const VISIBLE = 0;
const RESUMED = 1;
const SHOWN = 2;
const HIDDEN = 3;
const ONLINE = 4;
const OFFLINE = 5;

/** Listens on the page, where there is one, and returns the function that ends it. */
export function listenToPage(port) {
  const { document, navigator } = globalThis;
  // A page that was away may have missed that the network came back.
  const back = (signal) => {
    port.wake(signal);
    if (navigator?.onLine !== false) port.wake(ONLINE);
  };
  const listeners = [
    [globalThis, 'online', () => port.wake(ONLINE)],
    [globalThis, 'offline', () => port.wake(OFFLINE)],
    [globalThis, 'pagehide', (event) => event.persisted && port.wake(HIDDEN)],
    [globalThis, 'pageshow', (event) => event.persisted && back(SHOWN)],
    [document, 'visibilitychange', () => document.visibilityState === 'visible' && back(VISIBLE)],
    [document, 'resume', () => back(RESUMED)],
  ].filter(([target]) => typeof target?.addEventListener === 'function');
  for (const [target, name, listener] of listeners) target.addEventListener(name, listener);
  return () => {
    for (const [target, name, listener] of listeners) target.removeEventListener(name, listener);
  };
}
