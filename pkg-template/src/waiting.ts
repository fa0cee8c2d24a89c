import type { GatewayError } from './errors.js';
import type { Listeners } from './listeners.js';

/** Told to those who wait for what can no longer happen. No application listens to it. */
export const GONE = 'gone';

type Settle<T> = (value: T) => void;
type Watch = (event: string, listener: (argument: any) => void) => void;

/**
 * A promise that listeners settle, that {@link GONE} rejects, and that a signal can end early.
 *
 * @param start adds the listeners with its third argument before it settles anything
 * @param abandon runs when the signal ended it
 */
export function waiting<T>(
  listeners: Listeners<any>,
  signal: AbortSignal | undefined,
  start: (resolve: Settle<T>, reject: Settle<unknown>, watch: Watch) => void,
  abandon = (): void => {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const undo: (() => void)[] = [];
    const settling =
      <V>(settle: Settle<V>): Settle<V> =>
      (value) => {
        for (const step of undo) step();
        settle(value);
      };
    const fail = settling(reject);
    const watch: Watch = (event, listener) => undo.push(listeners.add(event, listener));
    const abort = (): void => {
      fail(signal!.reason);
      abandon();
    };
    signal?.addEventListener('abort', abort);
    undo.push(() => signal?.removeEventListener('abort', abort));
    watch(GONE, fail);
    start(settling(resolve), fail, watch);
  });
}

/** Resolves when a status is reached. `gone` is what {@link GONE} told, where it already did. */
export function whenState<State>(
  object: { readonly state: State & { readonly status: string } },
  listeners: Listeners<any>,
  status: string,
  signal: AbortSignal | undefined,
  gone: GatewayError | undefined,
): Promise<State> {
  return waiting(listeners, signal, (resolve, reject, watch) => {
    const look = (): void => {
      const { state } = object;
      if (state.status === status) resolve(state);
    };
    watch('status_changed', look);
    look();
    if (gone) reject(gone);
  });
}
