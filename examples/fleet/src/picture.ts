import type { OpenClawApprovalsSnapshot, OpenClawFleet, OpenClawState } from 'agent-gateway-client/openclaw';
import { DEMO } from './demo';

/** What the client knows at one moment. */
interface Known {
  readonly state: OpenClawState;
  readonly fleet: OpenClawFleet;
  readonly approvals: OpenClawApprovalsSnapshot;
}

/** What the page shows. */
export interface Picture extends Known {
  /**
   * `demo`: nothing answers, so that made-up data is shown. `empty`: a gateway answers and has told nothing yet.
   * `stale`: what it told was true at `fleet.asOf`.
   */
  readonly kind: 'demo' | 'empty' | 'live' | 'stale';
  /** Whether something can be asked of the gateway. */
  readonly isConnected: boolean;
}

/** What to show of what is known. */
export function pictureOf(known: Known): Picture {
  const { freshness } = known.fleet;
  const isConnected = known.state.status === 'ready' || known.state.status === 'degraded';
  if (freshness !== 'empty') return { ...known, kind: freshness, isConnected };
  if (isUnreachable(known.state)) return { ...DEMO, state: known.state, kind: 'demo', isConnected };
  return { ...known, kind: 'empty', isConnected };
}

/** While the first attempt is under way the gateway has the benefit of the doubt. */
function isUnreachable({ attempt, status }: OpenClawState): boolean {
  if (status === 'connecting') return attempt > 1;
  return status === 'closed' || status === 'waiting';
}
