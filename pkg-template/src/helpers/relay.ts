/** Version of the wire protocol this client family speaks. */
export const CLIENT_PROTOCOL_VERSION = 2;

/** Capability: this client can make model calls on behalf of a run. */
export const LLM_RELAY_CAPABILITY = 'llm_relay@1';
/** Capability: this client can let a run wait until a relay is available. */
export const CLIENT_LLM_WAIT_CAPABILITY = 'llm_client_wait@1';

export const LLM_RELAY_LEASE_HEADER = 'x-llm-relay-lease';
export const LLM_RELAY_CHANNEL_PREFIX = 'llmcall:';
export const LLM_RELAY_CHANNEL_HEADER = 'x-lobe-llm-relay-channel';
export const LLM_RELAY_CLIENT_ID_HEADER = 'x-lobe-client-id';

const NONCE = /^[\w-]{8,64}$/;

/** Builds the channel id `llmcall:<userId>:<nonce>`. */
export function buildLlmRelayChannelId(userId: string, nonce: string): string {
  return `${LLM_RELAY_CHANNEL_PREFIX}${userId}:${nonce}`;
}

/** Says whether an id names a relay channel. */
export function isLlmRelayChannelId(id?: string | null): boolean {
  return typeof id === 'string' && id.startsWith(LLM_RELAY_CHANNEL_PREFIX);
}

/** Says whether a channel belongs to a user and carries a well-formed nonce. */
export function isOwnLlmRelayChannelId(channel: string, userId: string): boolean {
  const nonce = nonceOf(channel, userId);
  return nonce !== undefined && NONCE.test(nonce);
}

/** The scope of a relay channel: the workspace, or `'personal'`. */
export function llmRelayChannelScope(workspaceId?: string | null): string {
  return workspaceId || 'personal';
}

/** Says whether a channel belongs to a user and to a workspace (or to no workspace). */
export function isScopedLlmRelayChannelId(
  channel: string,
  userId: string,
  workspaceId?: string | null,
): boolean {
  if (!isOwnLlmRelayChannelId(channel, userId)) return false;
  return nonceOf(channel, userId)!.startsWith(`${llmRelayChannelScope(workspaceId)}-`);
}

function nonceOf(channel: string, userId: string): string | undefined {
  const prefix = buildLlmRelayChannelId(userId, '');
  return channel.startsWith(prefix) ? channel.slice(prefix.length) : undefined;
}
