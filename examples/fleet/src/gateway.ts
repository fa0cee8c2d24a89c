import { OpenClawClient, type OpenClawChat } from 'agent-gateway-client/openclaw';
import type { Credential } from './gateway-form';
import { type Picture, pictureOf } from './picture';

export type Decision = 'allow-always' | 'allow-once' | 'deny';

/** The one client of the page. Another gateway is another client; everything shown is a picture of what it knows. */
export class Gateway {
  private client: OpenClawClient;
  private readonly watched = new Set<OpenClawChat>();

  constructor(
    private at: string,
    private readonly changed: () => void,
  ) {
    this.client = this.created();
  }

  get url(): string {
    return this.at;
  }

  get picture(): Picture {
    const { approvals, fleet, state } = this.client;
    return pictureOf({ state, fleet: fleet.getSnapshot(), approvals: approvals.getSnapshot() });
  }

  /** The connection in the client's own words. */
  get explanation(): string {
    return this.client.explain();
  }

  /** Connects to this gateway. A credential stays in the memory of the client and takes the place of the one before. */
  use(url: string, { password, token }: Credential): void {
    if (url !== this.at) {
      this.client.dispose();
      this.watched.clear();
      this.at = url;
      this.client = this.created();
    }
    if (password || token) this.client.updateAuth({ password, token });
    this.connect();
  }

  /** Connects, or tries again at once. */
  connect(): void {
    // What stands against it is in the state.
    this.client.connect().catch(() => this.changed());
  }

  disconnect(): void {
    this.client.disconnect();
  }

  /** A session as a conversation, which stays followed until it is closed. */
  chat(key: string): OpenClawChat {
    const chat = this.client.chat(key);
    if (this.watched.has(chat)) return chat;
    this.watched.add(chat);
    chat.subscribe(this.changed);
    return chat;
  }

  closeChat(key: string): void {
    const chat = this.client.chat(key);
    this.watched.delete(chat);
    chat.close();
  }

  resolve(id: string, decision: Decision): Promise<unknown> {
    return this.client.approvals.resolve(id, decision);
  }

  /** Begins a session and resolves with its key. One that asks first runs no command without leave. */
  async createSession(agentId: string, asksFirst: boolean): Promise<string> {
    const mode = asksFirst ? { permissionMode: 'guarded' } : {};
    const { key } = await this.client.call('sessions.create', { agentId, ...mode });
    return key;
  }

  private created(): OpenClawClient {
    const client = new OpenClawClient({ gatewayUrl: this.at });
    client.on('state_changed', this.changed);
    client.fleet.subscribe(this.changed);
    client.approvals.subscribe(this.changed);
    return client;
  }
}
