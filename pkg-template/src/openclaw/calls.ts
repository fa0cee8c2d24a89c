import type { RawOpenClaw } from '#glue';
import type { Log } from '../logging.js';
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
  /** What settled while its call was still being made: a listener may disconnect within it. */
  private readonly early = new Map<number, (waiting: Waiting) => void>();
  private making = 0;

  constructor(private readonly log: Log) {}

  async send(
    call: <T>(use: (raw: RawOpenClaw) => T) => T | undefined,
    method: string,
    params: object,
    { finalTimeoutMs = NaN, onAccepted, signal, timeoutMs = ANSWER_WITHIN_MS }: OpenClawCallOptions,
  ): Promise<any> {
    signal?.throwIfAborted();
    const json = JSON.stringify(params);
    this.making++;
    const id = call((raw) => raw.call(method, json, timeoutMs, finalTimeoutMs)) ?? 'not_ready';
    this.making--;
    const settle = typeof id === 'number' ? this.early.get(id) : undefined;
    if (this.making === 0) this.early.clear();
    if (typeof id === 'string') throw new OpenClawError({ code: id, message: '' });
    return new Promise((resolve, reject) => {
      if (settle) return settle({ resolve, reject });
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
    try {
      this.waiting.get(id)?.accepted?.(payload);
    } catch (error) {
      this.log('error', 'onAccepted threw', { error });
    }
  }

  answered(id: number, payload: unknown): void {
    this.settle(id, ({ resolve }) => resolve(payload));
  }

  failed(id: number, failure: OpenClawFailure): void {
    this.settle(id, ({ reject }) => reject(new OpenClawError(failure)));
  }

  /** Nothing answers any more. */
  end(error: Error): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of all) reject(error);
  }

  private settle(id: number, settle: (waiting: Waiting) => void): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (waiting) settle(waiting);
    else if (this.making > 0) this.early.set(id, settle);
  }
}
