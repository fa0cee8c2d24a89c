import type { Faults, GatewayApi } from './api';
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

/** The switches of the development gateway that break the connection of one run on purpose. */
export class FaultPanel {
  private readonly result = element('p', {
    class: 'panel-result',
    role: 'status',
    'data-testid': 'fault-result',
  });
  private readonly controls = element('fieldset', { class: 'faults', disabled: true });
  private readonly switches = new Map<Switch, HTMLInputElement>();
  private readonly delay = this.select('delayMs', 'Delay per frame', DELAYS);
  private readonly tokenEndpoint = this.select('tokenEndpoint', 'Token endpoint', TOKEN_ENDPOINT);
  private operationId: string | undefined;

  constructor(
    root: HTMLElement,
    private readonly api: GatewayApi,
  ) {
    this.controls.append(element('legend', { class: 'visually-hidden' }, 'Faults of the current run'));
    this.controls.append(this.actions(), this.toggles(), this.delay.root, this.tokenEndpoint.root);
    this.delay.input.addEventListener('change', () =>
      this.apply({ delayMs: Number(this.delay.input.value) }, 'Delay set.'),
    );
    this.tokenEndpoint.input.addEventListener('change', () => {
      this.apply({ tokenEndpoint: this.tokenEndpoint.input.value } as Faults, 'Token endpoint set.');
    });
    root.append(
      element(
        'header',
        { class: 'panel-head' },
        element('h2', { id: 'faults-title' }, 'Faults'),
        this.restart(),
      ),
      this.controls,
      this.result,
    );
    this.show(undefined);
  }

  /** Works on this run from now on; without one only the restart is left. */
  show(operationId: string | undefined): void {
    if (operationId === this.operationId && operationId) return;
    this.operationId = operationId;
    this.controls.disabled = true;
    this.result.textContent = operationId ? '' : 'Start a run to break its connection.';
    if (operationId) void this.read(operationId);
  }

  private async read(operationId: string): Promise<void> {
    const faults = await this.api.faults(operationId).catch(() => ({}) as Faults);
    if (operationId !== this.operationId) return;
    // Not before: a switch moved in the meantime would be shown as it was.
    this.controls.disabled = false;
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
    if (this.operationId) void this.report(this.api.setFaults(this.operationId, faults), done);
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
