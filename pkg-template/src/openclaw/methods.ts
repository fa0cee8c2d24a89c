/** The common methods. What is left out of an answer may be there all the same; every other method can be called, too. */
export interface OpenClawMethods {
  health: { params: object; result: { ok?: boolean; [member: string]: unknown } };
  'agents.list': {
    params: object;
    result: { defaultId?: string; agents: { id: string; name?: string; [member: string]: unknown }[] };
  };
  'sessions.list': {
    params: { limit?: number; offset?: number; agentId?: string; [member: string]: unknown };
    result: { sessions: { key: string; [member: string]: unknown }[]; hasMore?: boolean; ts?: number };
  };
  'sessions.create': {
    params: { agentId?: string; label?: string; permissionMode?: string; [member: string]: unknown };
    result: { key: string; [member: string]: unknown };
  };
  'chat.history': {
    params: { sessionKey: string; limit?: number };
    result: { messages: any[]; [member: string]: unknown };
  };
  'chat.abort': {
    params: { sessionKey: string; runId?: string };
    result: { ok: boolean; aborted: boolean; runIds?: string[] };
  };
  'exec.approval.list': { params: object; result: { id: string; [member: string]: unknown }[] };
  'exec.approval.resolve': {
    params: { id: string; decision: 'allow-always' | 'allow-once' | 'deny' };
    result: { ok: boolean };
  };
}
