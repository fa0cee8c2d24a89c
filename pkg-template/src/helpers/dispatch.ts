import type { ToolDispatchFacts, ToolDispatchPlan } from '../types/index.js';

/**
 * Says where a tool of a run is carried out, from what the run knows when it starts.
 *
 * The product's server decides this; a page that knows the same facts can tell its user why a tool is off. `executor`
 * does not depend on whether the tool is offered.
 */
export function planToolDispatch(facts: ToolDispatchFacts): ToolDispatchPlan {
  const { autoActivated, canUseDevice, clientRuntime, deviceOnline, executors, gatewayConfigured } = facts;
  const onDesktop = clientRuntime === 'desktop';
  const platform = clientRuntime ?? (gatewayConfigured ? 'desktop' : 'web');
  const mode = facts.runtimeMode ?? (platform === 'desktop' ? 'local' : undefined);
  const isReachable = onDesktop || (gatewayConfigured && deviceOnline && autoActivated);
  const isForClients = facts.stdioMcp || executors?.includes('client');
  const clientsExecute = onDesktop || !gatewayConfigured;
  return {
    ...(isForClients && clientsExecute && { executor: 'client' }),
    localSystem: Boolean(canUseDevice && !facts.disableLocalSystem && mode === 'local' && isReachable),
    platform,
    remoteDevice: Boolean(canUseDevice && gatewayConfigured && !autoActivated && !onDesktop),
  };
}
