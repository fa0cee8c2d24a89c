import { GatewayError } from './errors.js';
import type { AgentStreamEvent, OperationSubscription } from './types/index.js';
import { GONE } from './waiting.js';

/**
 * The events from now on, for one loop.
 *
 * @param gone tells why there will be no more although the subscription did not end; asked again after {@link GONE}
 */
export async function* eventsOf(
  subscription: OperationSubscription,
  limit: number,
  gone: () => GatewayError | undefined,
): AsyncGenerator<AgentStreamEvent, void, undefined> {
  const queue: AgentStreamEvent[] = [];
  let overflown = false;
  let ended = false;
  let wake = (): void => {};
  const unsubscribe = subscription.on('agent_event', (event) => {
    if (queue.length < limit) queue.push(event);
    else {
      overflown = true;
      unsubscribe();
    }
    wake();
  });
  const forget = subscription.on(GONE as 'disconnected', () => wake());
  void subscription.done.then(() => {
    ended = true;
    wake();
  });
  try {
    for (;;) {
      while (queue.length > 0) yield queue.shift()!;
      if (overflown) throw new GatewayError('queue_overflow', `More than ${limit} events waited to be taken`);
      if (ended) return;
      const error = gone();
      if (error) throw error;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    unsubscribe();
    forget();
  }
}
