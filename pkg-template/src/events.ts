import { GatewayError } from './errors.js';
import type { AgentStreamEvent, OperationSubscription } from './types/index.js';

/** The events from now on, for one loop. */
export async function* eventsOf(
  subscription: OperationSubscription,
  limit: number,
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
  void subscription.done.then(() => {
    ended = true;
    wake();
  });
  try {
    for (;;) {
      while (queue.length > 0) yield queue.shift()!;
      if (overflown) throw new GatewayError('queue_overflow', `More than ${limit} events waited to be taken`);
      if (ended) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    unsubscribe();
  }
}
