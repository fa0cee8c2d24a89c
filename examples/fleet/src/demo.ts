import type {
  OpenClawAgent,
  OpenClawApprovalsSnapshot,
  OpenClawChatSnapshot,
  OpenClawFleet,
  OpenClawSession,
} from 'agent-gateway-client/openclaw';

/** No session of a gateway has a key like these. */
const PREFIX = 'demo:';

const SESSIONS: OpenClawSession[] = [
  session('ada', 'release', 'Prepare the release', 'running'),
  session('ada', 'inbox', 'Answer the inbox', 'idle'),
  session('research', 'papers', 'Read the new papers', 'running'),
  session('research', 'summary', 'Weekly summary', 'idle', 'failed'),
  session('operations', 'backup', 'Check last night’s backup', 'idle'),
];

const AGENTS: OpenClawAgent[] = [
  agent('ada', 'Ada', true),
  agent('research', 'Research'),
  agent('operations', 'Operations'),
];

/** Made-up data in the shapes of the client, for a page that no gateway answers. */
export const DEMO: { fleet: OpenClawFleet; approvals: OpenClawApprovalsSnapshot } = {
  fleet: {
    agents: AGENTS,
    sessions: SESSIONS,
    presence: [
      { mode: 'gateway', reason: 'self', host: 'demo-host', version: '0.0.0' },
      { mode: 'webchat', reason: 'connect', host: 'webchat-ui', instanceId: 'demo' },
    ],
    freshness: 'live',
    isComplete: true,
  },
  approvals: {
    isLive: false,
    pending: [
      {
        id: 'demo',
        request: {
          command: 'git push origin v2.4.0',
          cwd: '/home/demo/project',
          agentId: 'ada',
          sessionKey: `${PREFIX}release`,
          allowedDecisions: ['allow-once', 'allow-always', 'deny'],
        },
      },
    ],
  },
};

export function isDemoSession(key: string): boolean {
  return key.startsWith(PREFIX);
}

/** What is said in each session of the demo. */
export function demoChat(key: string): OpenClawChatSnapshot {
  const runs = [
    { id: 'demo', isOwn: false, state: 'streaming' as const, text: 'The change log is written. Next are' },
  ];
  const isBusy = SESSIONS.some((known) => known.key === key && known.activity === 'running');
  return {
    key,
    isLive: false,
    isBusy,
    activity: isBusy ? 'running' : 'idle',
    messages: [
      { role: 'user', content: 'How far are you?', __openclaw: { id: 'demo-1' } },
      ...(isBusy ? [] : [{ role: 'assistant', content: 'All of it is done.', __openclaw: { id: 'demo-2' } }]),
    ],
    runs: isBusy ? runs : [],
  };
}

function session(
  agentId: string,
  name: string,
  title: string,
  activity: 'idle' | 'running',
  status = 'done',
): OpenClawSession {
  return { key: PREFIX + name, agentId, title, activity, status, runs: [], row: {} };
}

function agent(id: string, name: string, isDefault = false): OpenClawAgent {
  const own = SESSIONS.filter(({ agentId }) => agentId === id);
  const running = own.filter(({ activity }) => activity === 'running').map(({ key }) => key);
  return { id, name, isDefault, work: { sessions: own.length, running, unknown: 0 }, row: {} };
}
