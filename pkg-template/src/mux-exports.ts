export * from './exports.js';
export { GatewayMuxClient } from './mux.js';
export { openOperation } from './open-operation.js';
export { createOperationClient } from './operation-client.js';
