import WebSocket from 'ws';
import { OpenClawClient } from '../../../pkg/openclaw.mjs';

/**
 * Does something as the owner of the gateway does on its host: with the shared token, without an origin and a device.
 * What it does not hold itself it cannot grant to a device.
 */
export async function asOwner({ token, url }, act) {
  const owner = new OpenClawClient({
    gatewayUrl: url,
    auth: { token },
    client: { id: 'gateway-client', mode: 'backend' },
    scopes: ['operator.read', 'operator.write', 'operator.approvals', 'operator.pairing'],
    signer: null,
    storage: null,
    WebSocket,
    logger: {},
  });
  try {
    await owner.connect({ signal: AbortSignal.timeout(15_000) });
    return await act(owner);
  } finally {
    owner.dispose();
  }
}

/** Approves a device, as `openclaw devices approve` does. */
export function approveDevice(gateway, requestId) {
  return asOwner(gateway, (owner) => owner.call('device.pair.approve', { requestId }));
}
