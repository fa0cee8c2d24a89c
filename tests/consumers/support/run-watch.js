// Runs before everything else in a page: counts the sockets that are open and the timers that are set.
(() => {
  const timers = new Set();
  for (const kind of ['Timeout', 'Interval']) {
    const set = globalThis[`set${kind}`].bind(globalThis);
    const clear = globalThis[`clear${kind}`].bind(globalThis);
    globalThis[`set${kind}`] = (call, millis, ...rest) => {
      const ring = (...given) => {
        if (kind === 'Timeout') timers.delete(timer);
        call(...given);
      };
      const timer = set(ring, millis, ...rest);
      timers.add(timer);
      return timer;
    };
    globalThis[`clear${kind}`] = (timer) => {
      timers.delete(timer);
      clear(timer);
    };
  }
  const sockets = [];
  globalThis.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      sockets.push(this);
    }
  };
  globalThis.leftovers = () => ({
    dialled: sockets.length,
    open: sockets.filter(({ readyState }) => readyState !== WebSocket.CLOSED).length,
    timers: timers.size,
  });
})();
