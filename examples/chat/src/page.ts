import { GatewayApi } from './api';
import { Badge } from './badge';
import { Banner } from './banner';
import { Composer, type ComposerButton, type Message } from './composer';
import { Conversation } from './conversation';
import { required } from './dom';
import { FaultPanel } from './faults';
import { EventLog } from './log';
import { Run, type RunObserver } from './run';
import { recallRun } from './session';

/** The whole page: one conversation with at most one run at a time. */
export class ChatPage {
  private run: Run | undefined;
  /** Sent while a run was still finishing; goes out when it has ended. */
  private queued: Message | undefined;

  private readonly api: GatewayApi;
  private readonly log = new EventLog(required('log'));
  private readonly banner: Banner;
  private readonly faults: FaultPanel;
  private readonly badge = new Badge(required('badge'), () => this.run?.connection);
  private readonly composer = new Composer(
    required<HTMLFormElement>('composer'),
    (message) => this.send(message),
    () => this.stop(),
  );
  private readonly conversation = new Conversation(
    required('conversation'),
    required('scroller'),
    (script, prompt) => this.composer.send(script, prompt),
  );
  private readonly observer: RunObserver = {
    changed: (run) => this.changed(run),
    logged: (entry) => this.log.add(entry),
  };

  constructor(gatewayUrl: string) {
    required('gateway-url').textContent = gatewayUrl;
    this.api = new GatewayApi(gatewayUrl);
    this.banner = new Banner(required('banner'), this.api);
    this.faults = new FaultPanel(required('faults'), this.api);
  }

  /** Takes up the run that this tab worked on before a reload, if there is one. */
  open(): void {
    void this.banner.check();
    const record = recallRun();
    if (record) this.follow(Run.resume(this.api, this.observer, record));
    this.composer.focus();
  }

  private send(message: Message): void {
    if (this.run && !this.run.outcome) {
      this.queued = message;
      this.composer.say('Goes out when the current run has finished');
      return this.changed(this.run);
    }
    this.queued = undefined;
    this.composer.say('');
    this.follow(Run.start(this.api, this.observer, message));
  }

  private stop(): void {
    if (this.queued) this.composer.restore(this.queued.prompt);
    this.queued = undefined;
    this.run?.stop();
  }

  private follow(run: Run): void {
    this.run = run;
    this.conversation.add(run);
    this.changed(run);
  }

  private changed(run: Run): void {
    this.conversation.update(run);
    if (run !== this.run) return;
    this.composer.show(this.button(run));
    this.badge.update();
    this.faults.show(run.outcome ? undefined : run.operationId);
    if (!run.outcome) return;
    if (!run.operationId) void this.banner.check();
    if (this.queued) this.send(this.queued);
  }

  /** A waiting message keeps the button at Stop, so that it can still be taken back. */
  private button(run: Run): ComposerButton {
    return this.queued && !run.outcome && run.button === 'send' ? 'stop' : run.button;
  }
}
