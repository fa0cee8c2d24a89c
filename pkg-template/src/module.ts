import { createGlue, type Glue } from '#glue';
import { GatewayError } from './errors.js';
import { compiledModule } from './loader.js';

type OnBroken = (error: GatewayError) => void;

/**
 * One instance of the WebAssembly module, shared by the clients created while it works.
 *
 * A trap leaves its memory in an unknown state: the instance counts as broken, its active clients are told, and the
 * next client gets a new instance.
 */
export interface ModuleInstance {
  /** Clients to be told when the instance breaks. */
  readonly active: Set<OnBroken>;
  broken?: GatewayError;
  readonly RawAgentStream: Glue['RawAgentStream'];
  readonly RawGatewayMux: Glue['RawGatewayMux'];
  readonly RawOpenClaw: Glue['RawOpenClaw'];
}

let current: ModuleInstance | undefined;

/**
 * The working instance, created when there is none.
 *
 * @throws GatewayError with code `wasm_unavailable` or `not_initialized`
 */
export function moduleInstance(): ModuleInstance {
  if (!current || current.broken) current = instantiate();
  return current;
}

function instantiate(): ModuleInstance {
  const module = compiledModule();
  const active: ModuleInstance['active'] = new Set();
  const { initSync, RawAgentStream, RawGatewayMux, RawOpenClaw } = createGlue(
    watched((trap) => breakInstance(instance, trap)),
  );
  const instance: ModuleInstance = { active, RawAgentStream, RawGatewayMux, RawOpenClaw };
  try {
    initSync({ module });
  } catch (cause) {
    throw new GatewayError('wasm_unavailable', `The WebAssembly module cannot be started: ${cause}`, cause);
  }
  return instance;
}

function breakInstance(instance: ModuleInstance, trap: Error): void {
  if (instance.broken) return;
  const error = new GatewayError('internal', `The client failed: ${trap.message}`, trap);
  instance.broken = error;
  // Not inside the call that trapped: listeners may call the client that is on the stack.
  queueMicrotask(() => {
    for (const onBroken of instance.active) onBroken(error);
    instance.active.clear();
  });
}

/** A stand-in for `WebAssembly` whose instances report traps, also those of callbacks that no caller could catch. */
function watched(onTrap: (trap: Error) => void): object {
  return {
    Module: WebAssembly.Module,
    Instance: class {
      readonly exports: Record<string, unknown>;

      constructor(module: WebAssembly.Module, imports: WebAssembly.Imports) {
        this.exports = { ...new WebAssembly.Instance(module, imports).exports };
        for (const [name, value] of Object.entries(this.exports)) {
          if (typeof value === 'function') this.exports[name] = reporting(value as AnyFunction, onTrap);
        }
      }
    },
  };
}

type AnyFunction = (...args: unknown[]) => unknown;

/**
 * The same function, watched. Arguments are passed on one by one, because gathering them costs a frame more than the
 * call; a WebAssembly function ignores those that it does not take.
 */
function reporting(call: AnyFunction, onTrap: (trap: Error) => void): AnyFunction {
  return (a, b, c, d, e, f, g) => {
    try {
      return call(a, b, c, d, e, f, g);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) onTrap(error);
      throw error;
    }
  };
}
