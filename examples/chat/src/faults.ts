import type { Faults, FaultScope, GatewayApi } from './api';
import { element } from './dom';

const ACTIONS: [label: string, faults: Faults, done: string][] = [
  ['Drop', { drop: true }, 'The connection was cut.'],
  ['Close 1011', { close: { code: 1011, reason: 'fault' } }, 'The gateway closed the connection.'],
  ['Malformed frames', { malformed: true }, 'Unreadable frames were sent.'],
];

type Switch = 'halfOpen' | 'noAcks' | 'duplicate' | 'refuseConnections' | 'expireToken' | 'refuseToken';

const SWITCHES: [name: Switch, label: string, about: string][] = [
  ['halfOpen', 'Half-open', 'open sockets go silent, new ones work'],
  ['noAcks', 'Mute heartbeats', 'they stay unanswered'],
  ['duplicate', 'Duplicate', 'every event arrives twice'],
  ['refuseConnections', 'Refuse connections', 'from the next connection on'],
  ['expireToken', 'Expired token', 'at the next sign-in, until a new token'],
  ['refuseToken', 'Refused token', 'at the next sign-in'],
];

const DELAYS: [label: string, value: string][] = [
  ['None', '0'],
  ['250 ms', '250'],
  ['1 s', '1000'],
  ['3 s', '3000'],
];

const TOKEN_ENDPOINT: [label: string, value: string][] = [
  ['Answers', 'ok'],
  ['6 s late', 'slow'],
  ['Refuses (401)', 'refuse'],
  ['Never answers', 'never'],
  ['Fails (500)', 'error'],
];

const SCOPES: [label: string, value: string][] = [
  ['This run', 'run'],
  ['All of my runs', 'user'],
];

/** The switches of the development gateway that break the connection of a run, or of all runs of the user. */
export class FaultPanel {
  private readonly result = element('p', {
    class: 'panel-result',
    role: 'status',
    'data-testid': 'fault-result',
  });
  private readonly controls = element('fieldset', { class: 'faults', disabled: true });
  private readonly switches = new Map<Switch, HTMLInputElement>();
  private readonly scope = this.select('scope', 'Break', SCOPES);
  private readonly delay = this.select('delayMs', 'Delay per frame', DELAYS);
  private readonly tokenEndpoint = this.select('tokenEndpoint', 'Token endpoint', TOKEN_ENDPOINT);
  private operationId: string | undefined;
  private isShared = true;
  /** Whose switches are shown; text, so that two of them can be compared. */
  private shown = 'none';

  constructor(
    root: HTMLElement,
    private readonly api: GatewayApi,
  ) {
    this.controls.append(element('legend', { class: 'visually-hidden' }, 'Faults'));
    this.controls.append(this.actions(), this.toggles(), this.delay.root, this.tokenEndpoint.root);
    this.delay.input.addEventListener('change', () =>
      this.apply({ delayMs: Number(this.delay.input.value) }, 'Delay set.'),
    );
    this.tokenEndpoint.input.addEventListener('change', () => {
      this.apply({ tokenEndpoint: this.tokenEndpoint.input.value } as Faults, 'Token endpoint set.');
    });
    this.scope.input.addEventListener('change', () => this.refresh());
    root.append(
      element(
        'header',
        { class: 'panel-head' },
        element('h2', { id: 'faults-title' }, 'Faults'),
        this.restart(),
      ),
      this.scope.root,
      this.controls,
      this.result,
    );
    this.refresh();
  }

  /** Works on this run from now on. `isShared` says whether all runs have one socket, which has switches of its own. */
  show(operationId: string | undefined, isShared: boolean): void {
    this.operationId = operationId;
    this.isShared = isShared;
    this.scope.input.disabled = !isShared;
    if (!isShared) this.scope.input.value = 'run';
    this.refresh();
  }

  private get target(): FaultScope | undefined {
    if (this.scope.input.value === 'user') return 'user';
    return this.operationId ? { operationId: this.operationId } : undefined;
  }

  private refresh(): void {
    const { target } = this;
    // The token of the shared socket is the user's, whatever run it was opened for.
    this.tokenEndpoint.input.disabled = this.isShared && target !== 'user';
    const shown = typeof target === 'object' ? target.operationId : (target ?? '');
    if (shown === this.shown) return;
    this.shown = shown;
    this.controls.disabled = true;
    this.fill({});
    this.result.textContent = target ? '' : 'Start a run to break its connection.';
    if (target) void this.read(target, shown);
  }

  private async read(target: FaultScope, shown: string): Promise<void> {
    const faults = await this.api.faults(target).catch(() => ({}) as Faults);
    if (shown !== this.shown) return;
    // Not before: a switch moved in the meantime would be shown as it was.
    this.controls.disabled = false;
    this.fill(faults);
  }

  private fill(faults: Faults): void {
    for (const [name, input] of this.switches) input.checked = faults[name] === true;
    this.delay.input.value = String(faults.delayMs ?? 0);
    this.tokenEndpoint.input.value = faults.tokenEndpoint ?? 'ok';
  }

  private actions(): HTMLElement {
    const row = element('div', { class: 'fault-actions' });
    for (const [label, faults, done] of ACTIONS) {
      const button = element('button', { class: 'button', type: 'button' }, label);
      button.dataset.testid = `fault-${Object.keys(faults)[0]}`;
      button.addEventListener('click', () => this.apply(faults, done));
      row.append(button);
    }
    return row;
  }

  private toggles(): HTMLElement {
    const list = element('div', { class: 'fault-switches' });
    for (const [name, label, about] of SWITCHES) {
      const input = element('input', { type: 'checkbox', role: 'switch', 'data-testid': `fault-${name}` });
      input.setAttribute('aria-describedby', `about-${name}`);
      input.addEventListener('change', () => {
        this.apply({ [name]: input.checked }, `${label}: ${input.checked ? 'on' : 'off'}.`);
      });
      this.switches.set(name, input);
      list.append(
        element(
          'div',
          { class: 'switch' },
          element('label', {}, input, element('span', {}, label)),
          element('small', { id: `about-${name}` }, about),
        ),
      );
    }
    return list;
  }

  private restart(): HTMLElement {
    const button = element(
      'button',
      { class: 'button', type: 'button', 'data-testid': 'fault-restart' },
      'Restart gateway',
    );
    button.addEventListener(
      'click',
      () => void this.report(this.api.restart(), 'The gateway restarted and forgot all runs.'),
    );
    return button;
  }

  private select(name: string, label: string, options: [label: string, value: string][]) {
    const input = element('select', { class: 'select', id: `fault-${name}`, 'data-testid': `fault-${name}` });
    for (const [text, value] of options) input.append(element('option', { value }, text));
    return {
      input,
      root: element('div', { class: 'fault-select' }, element('label', { for: input.id }, label), input),
    };
  }

  private apply(faults: Faults, done: string): void {
    const { target } = this;
    if (target) void this.report(this.api.setFaults(target, faults), done);
  }

  private async report(call: Promise<void>, done: string): Promise<void> {
    this.result.textContent = '';
    try {
      await call;
      this.result.textContent = done;
    } catch (error) {
      this.result.textContent = (error as Error).message;
    }
  }
}
