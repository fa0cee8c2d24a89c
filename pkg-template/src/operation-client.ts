import { CarriedOperation, type Carrier } from './carried-operation.js';
import type { GatewayMuxClient } from './mux.js';
import type { OperationClient, OperationClientOptions } from './types/index.js';

/**
 * One operation of a mux with the members of an `AgentStreamClient`.
 *
 * Nothing is subscribed before `connect()`.
 */
export function createOperationClient(
  mux: GatewayMuxClient,
  operationId: string,
  { executor, lastEventId }: OperationClientOptions = {},
): OperationClient {
  return new MuxOperation(mux, operationId, executor, lastEventId);
}

class MuxOperation extends CarriedOperation {
  constructor(
    private readonly mux: GatewayMuxClient,
    private readonly operationId: string,
    private readonly executor: boolean | undefined,
    lastEventId: string | undefined,
  ) {
    super(lastEventId);
  }

  protected open(lastEventId: string): Carrier {
    return this.mux.subscribe(this.operationId, { executor: this.executor, lastEventId });
  }
}
