import { GatewayError } from './errors.js';

/** @throws GatewayError with code `invalid_argument` */
export function expect(name: string, value: unknown, type: 'boolean' | 'function' | 'string'): void {
  if (typeof value === type) return;
  throw new GatewayError('invalid_argument', `\`${name}\` must be a ${type}, not ${typeof value}`);
}

/** What listeners are called with, from what the module told. */
export function listenerArguments(name: string, argument: unknown): unknown[] {
  if (argument === undefined) return [];
  if (name !== 'error') return [argument];
  const { code, message } = argument as { code: string; message: string };
  return [new GatewayError(code, message)];
}
