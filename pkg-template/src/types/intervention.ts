export type AgentInterventionInteractionKind = 'permission' | 'plan' | 'question';

export type AgentInterventionProvider = 'claude-code' | 'codex' | 'cursor' | 'devin' | 'droid' | 'qoder';

export interface AgentInterventionRenderOption {
  description?: string;
  id?: string;
  label: string;
}

export interface AgentInterventionRenderQuestion {
  header: string;
  multiSelect?: boolean;
  options: AgentInterventionRenderOption[];
  question: string;
}

/** The parsed `arguments` of an intervention request. */
export interface AgentInterventionRenderArguments {
  questions: AgentInterventionRenderQuestion[];
}

/** `data` of an `agent_intervention_request`; `arguments` is JSON text, `deadline` is in milliseconds since the epoch. */
export interface AgentInterventionRequestData {
  apiName: string;
  arguments: string;
  deadline: number;
  identifier: string;
  interactionKind?: AgentInterventionInteractionKind;
  provider?: AgentInterventionProvider;
  toolCallId: string;
}

export interface AgentInterventionResponseData {
  cancelReason?: 'session_ended' | 'timeout' | 'user_cancelled';
  cancelled?: boolean;
  producerAck?: boolean;
  resolutionRequestId?: string;
  result?: any;
  toolCallId: string;
}
