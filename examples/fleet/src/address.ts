/** The gateway of the page's own computer, as it is installed. */
const USUAL_GATEWAY = 'ws://127.0.0.1:18789';

/** The gateway that the address names, else that of the build, else the usual one. */
export function gatewayInAddress(): string {
  const named = new URLSearchParams(location.search).get('gateway');
  return named || import.meta.env.VITE_GATEWAY_URL || USUAL_GATEWAY;
}

/** Names the gateway in the address, so that a reload finds it again. */
export function putGatewayInAddress(url: string): void {
  const address = new URL(location.href);
  address.searchParams.set('gateway', url);
  history.replaceState(null, '', address);
}

/** Takes the token out of the address, where it would stay in the history of the browser. */
export function takeToken(): string | undefined {
  const parameters = fragment();
  const token = parameters.get('token');
  if (token === null) return undefined;
  parameters.delete('token');
  history.replaceState(null, '', `${location.pathname}${location.search}${hashOf(parameters)}`);
  return token || undefined;
}

/** The key of the session that the address names. */
export function sessionInAddress(): string | undefined {
  return fragment().get('session') ?? undefined;
}

export function addressOfSession(key: string): string {
  return hashOf(new URLSearchParams({ session: key }));
}

/** What is wrong with the URL of a gateway, for people. */
export function problemOf(url: string): string | undefined {
  const { protocol } = URL.canParse(url) ? new URL(url) : {};
  if (protocol && ['ws:', 'wss:', 'http:', 'https:'].includes(protocol)) return undefined;
  return 'This is no address of a gateway. It begins with ws:// or wss://';
}

function fragment(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}

function hashOf(parameters: URLSearchParams): string {
  return parameters.size > 0 ? `#${parameters}` : '';
}
