import { startOpenClaw } from '../openclaw/gateway.mjs';
import { startFleetModel } from './model.mjs';

const AGENTS = {
  main: { default: true, identity: { name: 'Ada' } },
  research: { identity: { name: 'Research' } },
  operations: { identity: { name: 'Operations' } },
};

/**
 * Starts the released gateway with three agents and a scripted model; as `startOpenClaw`. With `asksForPairing` every
 * device has to be approved, also one of this computer.
 */
export function startFleetGateway({ port, asksForPairing = false } = {}) {
  const configure = (configuration) => ({
    ...configuration,
    gateway: {
      ...configuration.gateway,
      ...(asksForPairing && { nodes: { pairing: { autoApproveLocal: false } } }),
    },
    agents: { ...configuration.agents, entries: AGENTS },
  });
  return startOpenClaw({ port, serveModel: startFleetModel, configure });
}
