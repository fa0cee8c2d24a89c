import type { RawGatewayMux } from '#glue';
import type { Binding } from './binding.js';
import type { Log } from './logging.js';
import type { DocumentChannel, DocumentChannelHandler } from './types/index.js';

/** The open documents of a client, one handler each. */
export class Documents {
  private readonly handlers = new Map<string, DocumentChannelHandler>();

  constructor(
    private readonly binding: Binding<object, RawGatewayMux>,
    private readonly log: Log,
  ) {}

  open(documentId: string, handler: DocumentChannelHandler): DocumentChannel {
    const { binding, handlers } = this;
    const isCurrent = (): boolean => handlers.get(documentId) === handler;
    const isReady = (): boolean => isCurrent() && (binding.call((raw) => raw.isReady) ?? false);
    handlers.set(documentId, handler);
    binding.call((raw) => raw.openDocument(documentId));
    if (isReady()) queueMicrotask(() => isCurrent() && this.tell(handler, 'onReady'));
    return {
      close() {
        if (!isCurrent()) return;
        handlers.delete(documentId);
        binding.call((raw) => raw.closeDocument(documentId));
      },
      isReady,
      send: (message) => isCurrent() && (binding.call((raw) => raw.sendDocument(message)) ?? false),
    };
  }

  /** Takes what the module tells of documents. */
  take(name: string, argument: any): void {
    if (name === 'document') {
      const handler = this.handlers.get(argument.documentId);
      if (handler) this.tell(handler, 'onMessage', argument);
    } else {
      const method = name === 'document_ready' ? 'onReady' : 'onStatus';
      for (const handler of this.handlers.values()) this.tell(handler, method, argument);
    }
  }

  clear(): void {
    this.handlers.clear();
  }

  private tell(handler: DocumentChannelHandler, method: keyof DocumentChannelHandler, argument?: any): void {
    try {
      handler[method]?.(argument);
    } catch (error) {
      this.log('error', `${method} of a document threw`, { error });
    }
  }
}
