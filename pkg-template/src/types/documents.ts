/** Who looks at a document, and where; `state: null` means that they left. */
export interface MuxDocAwarenessEntry {
  clientID: number;
  state: Record<string, any> | null;
}

/** Frames about a document that the client sends. `update` and `stateVector` are base64. */
export type MuxDocClientMessage =
  | { documentId: string; epoch?: string; stateVector?: string; type: 'doc_subscribe' }
  | { documentId: string; type: 'doc_unsubscribe' }
  | { documentId: string; seq: number; type: 'doc_update'; update: string }
  | ({ documentId: string; type: 'doc_awareness' } & MuxDocAwarenessEntry);

/** Frames about a document that the gateway sends. `update` is base64. */
export type MuxDocServerMessage =
  | {
      access: 'edit' | 'view';
      awareness?: MuxDocAwarenessEntry[];
      bootstrap: boolean;
      bootstrapped: boolean;
      documentId: string;
      epoch: string;
      reset: boolean;
      type: 'doc_synced';
      update: string;
    }
  | { documentId: string; type: 'doc_update'; update: string }
  | { documentId: string; seq: number; type: 'doc_ack' }
  | ({ documentId: string; type: 'doc_awareness' } & MuxDocAwarenessEntry)
  | { code: string; documentId: string; message: string; type: 'doc_error' };
