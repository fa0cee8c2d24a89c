import { element } from './dom';

const COMMAND = 'cargo run -p agent-gateway -- --dev';

/** Says above the conversation what keeps the page from working: no network, or no gateway. */
export class Banner {
  private unreachable = false;

  constructor(
    private readonly root: HTMLElement,
    private readonly gatewayUrl: string,
    private readonly load: () => Promise<void>,
  ) {
    addEventListener('online', () => void this.check());
    addEventListener('offline', () => this.show());
  }

  /** Loads the list of the gateway, and shows whether it answered. */
  async check(): Promise<void> {
    this.unreachable = await this.load().then(
      () => false,
      () => true,
    );
    this.show();
  }

  private show(): void {
    const content = navigator.onLine ? (this.unreachable ? this.noGateway() : []) : offline();
    this.root.replaceChildren(...content);
    this.root.hidden = content.length === 0;
  }

  private noGateway(): HTMLElement[] {
    const retry = element('button', { class: 'button', type: 'button' }, 'Try again');
    retry.addEventListener('click', () => void this.check());
    return [
      element(
        'div',
        {},
        element('strong', {}, 'No development gateway answers at '),
        element('code', {}, this.gatewayUrl),
        element('p', {}, 'Start it in the project’s directory: ', element('code', {}, COMMAND)),
      ),
      retry,
    ];
  }
}

/** Shows a problem that keeps the page from starting at all. */
export function showProblem(root: HTMLElement, message: string): void {
  root.replaceChildren(element('strong', {}, message));
  root.hidden = false;
}

function offline(): HTMLElement[] {
  const text = 'Runs go on at the gateway. The page catches up when the network is back.';
  return [element('div', {}, element('strong', {}, 'You are offline'), element('p', {}, text))];
}
