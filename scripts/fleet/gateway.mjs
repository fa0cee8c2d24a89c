import { startOpenClaw, TOKEN } from '../openclaw/gateway.mjs';
import { turnOf } from './model.mjs';

const AGENTS = {
  main: { default: true, identity: { name: 'Ada' } },
  research: { identity: { name: 'Research' } },
  operations: { identity: { name: 'Operations' } },
};

const USUAL = { mode: 'token', token: TOKEN };

/**
 * Starts the released gateway with three agents and a scripted model; as `startOpenClaw`. With `asksForPairing` every
 * device has to be approved, also one of this computer; `auth` is that of the gateway's configuration.
 */
export async function startFleetGateway({ port, auth = USUAL, asksForPairing = false } = {}) {
  const adapt = (configuration) => ({
    ...configuration,
    gateway: {
      ...configuration.gateway,
      auth,
      ...(asksForPairing && {
        nodes: { ...configuration.gateway.nodes, pairing: { autoApproveLocal: false } },
      }),
    },
    agents: { ...configuration.agents, entries: AGENTS },
  });
  const gateway = await startOpenClaw({ port, turnOf, adapt });
  return { ...gateway, token: auth.token };
}
