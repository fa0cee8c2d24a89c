import { messageOf } from './codec.js';

/**
 * Asks the application for a token. The answer comes once, unless the returned controller was aborted before.
 *
 * @param host has getToken({reason, signal}): string | Promise<string>
 * @param port takes the answer: a token, a failure or a refusal, as Rust knows them
 */
export function ask(host, request, reason, port) {
  const controller = new AbortController();
  const { signal } = controller;
  const settle = (outcome, text) => signal.aborted || port.answer(request, outcome, text);
  new Promise((resolve) => resolve(host.getToken({ reason, signal }))).then(
    (token) => (typeof token === 'string' && token ? settle(0, token) : settle(1, 'getToken gave no token')),
    (error) => settle(error?.name === 'UnauthorizedError' ? 2 : 1, messageOf(error)),
  );
  return controller;
}
