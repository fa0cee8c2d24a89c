// Stands for the generated code: a class that does what a test tells it, and instances that can trap.

export function createGlue(WebAssembly) {
  let exports;

  class RawAgentStream {
    connectionStatus = 'disconnected';
    calls = [];

    constructor(options, host) {
      this.options = options;
      this.host = host;
      (globalThis.fakeStreams ??= []).push(this);
    }

    connect() {
      this.calls.push('connect');
      this.connectionStatus = 'connecting';
      if (this.trapsAt === 'connect') exports.trap();
    }

    disconnect() {
      this.calls.push('disconnect');
    }

    isOver() {
      return this.connectionStatus === 'disconnected';
    }

    reconnect() {
      this.calls.push('reconnect');
    }

    dispose() {
      this.calls.push('dispose');
    }

    free() {
      this.calls.push('free');
    }

    lastEventId() {
      return '';
    }

    snapshot() {
      return { status: this.connectionStatus, since: 5, attempt: 0 };
    }

    /** What a frame or a timer does when the module fails in it: nobody who could catch it is on the stack. */
    trapInCallback() {
      exports.trap();
    }
  }

  class RawGatewayMux {
    calls = [];
    isReady = false;

    constructor(options, host) {
      this.host = host;
      (globalThis.fakeMuxes ??= []).push(this);
    }

    connect() {
      this.calls.push('connect');
      this.host.emit(0, 'status_changed', 'connecting');
      return true;
    }

    subscribe(subscription) {
      this.calls.push(`subscribe ${subscription}`);
    }

    dispose() {
      this.calls.push('dispose');
    }

    free() {
      this.calls.push('free');
    }

    lastEventId() {
      return '7';
    }

    snapshot() {
      return { status: 'connecting', since: 5, attempt: 0 };
    }

    trapInCallback() {
      exports.trap();
    }
  }

  class RawChatRun {
    constructor(options, host) {
      this.host = host;
      (globalThis.fakeRuns ??= []).push(this);
    }

    snapshot() {
      return { phase: 'idle', canSend: true, canStop: false };
    }

    submit() {
      this.host.emit('changed', { phase: 'submitting', canSend: false, canStop: true });
      return true;
    }

    dispose() {}

    free() {}

    trapInCallback() {
      exports.trap();
    }
  }

  return {
    RawChatRun,
    RawGateway: class {
      constructor(options, host) {
        return options.operationId ? new RawAgentStream(options, host) : new RawGatewayMux(options, host);
      }
    },
    initSync({ module }) {
      globalThis.fakeInstances = (globalThis.fakeInstances ?? 0) + 1;
      exports = new WebAssembly.Instance(module, {}).exports;
    },
  };
}
