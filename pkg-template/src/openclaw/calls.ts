import type { RawOpenClaw } from '#glue';
import { OpenClawError, type OpenClawFailure } from './errors.js';
import type { OpenClawCallOptions } from './types.js';

const ANSWER_WITHIN_MS = 30_000;

interface Waiting {
  accepted?: (payload: any) => void;
  resolve: (payload: any) => void;
  reject: (reason: unknown) => void;
}

/** The calls whose answers are waited for. Each is settled by the module, or by its own signal. */
export class Calls {
  private readonly waiting = new Map<number, Waiting>();

  async send(
    call: <T>(use: (raw: RawOpenClaw) => T) => T | undefined,
    method: string,
    params: object,
    { finalTimeoutMs = NaN, onAccepted, signal, timeoutMs = ANSWER_WITHIN_MS }: OpenClawCallOptions,
  ): Promise<any> {
    signal?.throwIfAborted();
    const json = JSON.stringify(params);
    const id = call((raw) => raw.call(method, json, timeoutMs, finalTimeoutMs)) ?? 'not_ready';
    if (typeof id === 'string') throw new OpenClawError({ code: id, message: '' });
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.waiting.delete(id);
        reject(signal!.reason);
      };
      const settling =
        <V>(settle: (value: V) => void) =>
        (value: V) => {
          signal?.removeEventListener('abort', abort);
          settle(value);
        };
      signal?.addEventListener('abort', abort);
      this.waiting.set(id, { accepted: onAccepted, resolve: settling(resolve), reject: settling(reject) });
    });
  }

  accepted(id: number, payload: unknown): void {
    this.waiting.get(id)?.accepted?.(payload);
  }

  answered(id: number, payload: unknown): void {
    this.take(id)?.resolve(payload);
  }

  failed(id: number, failure: OpenClawFailure): void {
    this.take(id)?.reject(new OpenClawError(failure));
  }

  /** Nothing answers any more. */
  end(error: Error): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of all) reject(error);
  }

  private take(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    return waiting;
  }
}
