/** What a port signals when the alarm rang, as Rust knows it. */
const RANG = 4;

/** Has the port told once the delay is over; returns the timer. */
export const ringAfter = (delay, port) => setTimeout(() => port.signal(0, RANG, 0, '', Date.now()), delay);

export const cancel = (timer) => clearTimeout(timer);
