import { element, setText } from '../../chat/src/dom';
import type { View } from './list';
import type { Picture } from './picture';
import { moment } from './words';

interface Notice {
  readonly tone: 'demo' | 'problem' | 'stale';
  readonly title: string;
  readonly text: string;
}

/** What has to be known about the picture before it is believed; nothing while it is the present. */
export function noticeOf(picture: Picture, url: string): Notice | undefined {
  const { fleet, isConnected, kind, state } = picture;
  if (kind === 'demo') {
    const text = 'None of these agents exist. The real ones take their place as soon as a gateway answers.';
    return { tone: 'demo', title: `Demo data: no gateway answers at ${url}`, text };
  }
  if (kind === 'stale') {
    const title = isConnected ? 'Connected again, and reading' : 'Offline';
    const since = fleet.asOf === undefined ? '' : ` at ${moment(fleet.asOf)}`;
    return { tone: 'stale', title, text: `This is what was true${since}. What happened since is not known.` };
  }
  if (state.status === 'blocked') {
    const text = state.nextStep ?? 'See the connection.';
    return { tone: 'problem', title: 'The gateway does not let this page in', text };
  }
  if (state.status === 'degraded') {
    const text = state.nextStep ?? 'The gateway granted this page no right, so nothing can be read.';
    return { tone: 'problem', title: 'Connected, without any right', text };
  }
  if (fleet.failure) {
    const text = fleet.failure.retries
      ? 'It is tried again.'
      : 'It is tried again after the next connection.';
    return { tone: 'problem', title: `The agents could not be read: ${fleet.failure.code}`, text };
  }
  return undefined;
}

/** The notice above the agents. */
export class Banner implements View<Notice | undefined> {
  private readonly title = element('strong', {});
  private readonly text = element('p', {});
  readonly root = element(
    'div',
    { class: 'banner', role: 'status', 'data-testid': 'banner', hidden: true },
    element('div', {}, this.title, this.text),
  );

  update(notice: Notice | undefined): void {
    this.root.hidden = !notice;
    this.root.dataset.tone = notice?.tone ?? '';
    setText(this.title, notice?.title ?? '');
    setText(this.text, notice?.text ?? '');
  }
}
