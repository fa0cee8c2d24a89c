import { element, setText } from '../../chat/src/dom';
import { addressOfSession } from './address';
import type { Decision } from './gateway';
import { KeyedList, type View } from './list';
import type { Picture } from './picture';
import { moment } from './words';

const DECISIONS: [decision: Decision, label: string][] = [
  ['allow-once', 'Allow once'],
  ['allow-always', 'Always allow'],
  ['deny', 'Deny'],
];

/** Answers an approval; rejects where the gateway does not take the answer. */
type Resolve = (id: string, decision: Decision) => Promise<unknown>;

interface ApprovalModel {
  readonly approval: any;
  readonly mayAnswer: boolean;
}

/** Commands that wait for leave, each with its answers. */
export class ApprovalList {
  readonly root = element('ul', { class: 'approvals', 'aria-label': 'Commands that wait for your leave' });
  private readonly list: KeyedList<ApprovalModel>;

  /** `ofOneSession`: the list is within the session that they are of. */
  constructor(resolve: Resolve, ofOneSession = false) {
    this.list = new KeyedList(
      this.root,
      ({ approval }) => approval.id,
      ({ approval }) => new Approval(approval, resolve, !ofOneSession),
    );
  }

  update(shown: readonly any[], { approvals, isConnected }: Picture): void {
    const mayAnswer = approvals.isLive && isConnected;
    this.list.update(shown.map((approval) => ({ approval, mayAnswer })));
    this.root.hidden = shown.length === 0;
  }
}

/** The commands that wait for leave, from whatever session. */
export class ApprovalsPanel {
  private readonly count = element('span', { class: 'panel-note' });
  private readonly empty = element('p', { class: 'panel-text' });
  private readonly list: ApprovalList;

  constructor(root: HTMLElement, resolve: Resolve) {
    this.list = new ApprovalList(resolve);
    root.append(
      element(
        'header',
        { class: 'panel-head' },
        element('h2', { id: 'approvals-title' }, 'Waiting for your leave'),
        this.count,
      ),
      this.empty,
      this.list.root,
    );
  }

  update(picture: Picture): void {
    const { isLive, pending } = picture.approvals;
    setText(this.count, String(pending.length));
    this.count.hidden = pending.length === 0;
    setText(this.empty, wordsFor(picture.kind, isLive));
    this.empty.hidden = pending.length > 0 && isLive;
    this.list.update(pending, picture);
  }
}

function wordsFor(kind: Picture['kind'], isLive: boolean): string {
  if (kind === 'demo') return 'Demo data: this command does not exist.';
  if (isLive) return 'No command waits.';
  return kind === 'stale' ? 'Offline: what waits now is not known.' : 'Not known yet.';
}

class Approval implements View<ApprovalModel> {
  private readonly buttons: HTMLButtonElement[];
  private readonly problem = element('p', { class: 'form-problem', role: 'alert' });
  private isAnswered = false;
  readonly root: HTMLElement;

  constructor(
    private readonly approval: any,
    private readonly resolve: Resolve,
    namesSession: boolean,
  ) {
    const { allowedDecisions, command = '', sessionKey } = approval.request ?? {};
    const offered = DECISIONS.filter(([decision]) => allowedDecisions?.includes(decision) ?? true);
    this.buttons = offered.map(([decision, label]) => this.button(decision, label));
    this.root = element(
      'li',
      { class: 'approval', 'data-testid': 'approval' },
      element('code', { class: 'approval-command' }, command),
      element('p', { class: 'panel-text' }, aboutOf(approval)),
      ...(sessionKey && namesSession
        ? [element('a', { href: addressOfSession(sessionKey) }, 'Open its session')]
        : []),
      element('div', { class: 'buttons' }, ...this.buttons),
      this.problem,
    );
  }

  update({ mayAnswer }: ApprovalModel): void {
    for (const button of this.buttons) button.disabled = !mayAnswer || this.isAnswered;
  }

  private button(decision: Decision, label: string): HTMLButtonElement {
    const look = decision === 'allow-once' ? 'button button-primary' : 'button';
    const made = element('button', { class: look, type: 'button' }, label);
    made.setAttribute('aria-label', `${label}: ${this.approval.request?.command ?? ''}`);
    made.addEventListener('click', () => void this.answer(decision));
    return made;
  }

  /** The gateway's list says when it is gone. */
  private async answer(decision: Decision): Promise<void> {
    this.isAnswered = true;
    this.problem.textContent = '';
    this.update({ approval: this.approval, mayAnswer: false });
    await this.resolve(this.approval.id, decision).catch((error: Error) => {
      this.isAnswered = false;
      this.problem.textContent = `The answer was not taken: ${error.message}`;
      this.update({ approval: this.approval, mayAnswer: true });
    });
  }
}

function aboutOf({ expiresAtMs, request }: any): string {
  const { agentId, cwd, warningText } = request ?? {};
  const parts = [
    agentId && `asked by ${agentId}`,
    cwd && `in ${cwd}`,
    expiresAtMs && `until ${moment(expiresAtMs)}`,
    warningText,
  ];
  return parts.filter(Boolean).join(', ');
}
