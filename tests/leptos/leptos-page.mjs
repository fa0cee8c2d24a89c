// The Leptos page as a test sees it. It has no panel of faults: they are set at the gateway.
import { Chat } from '../page/chat-page.mjs';

/** Faults that happen once; the others are switches. */
const EVENTS = ['drop', 'malformed'];

export class LeptosChat extends Chat {
  static lacks = ['members', 'a queue', 'a skip link', 'a memory of runs', 'markdown'];

  scope = 'run';

  async send(script, options) {
    return (this.operationId = await super.send(script, options));
  }

  async breaks(scope) {
    this.scope = scope;
  }

  async press(fault) {
    if (fault === 'restart') return this.gateway.api('/dev/restart', {});
    const isOn = !EVENTS.includes(fault) && (await this.gateway.api(this.faults))[fault] === true;
    return this.set({ [fault]: !isOn });
  }

  async choose(fault, value) {
    return this.set({ [fault]: fault === 'delayMs' ? Number(value) : value });
  }

  get faults() {
    return this.scope === 'user'
      ? `/dev/users/${this.userId}/faults`
      : `/dev/runs/${this.operationId}/faults`;
  }

  set(faults) {
    return this.gateway.api(this.faults, faults);
  }
}
