import type {
  AgentInterventionRenderOption,
  AgentInterventionRenderQuestion,
  AgentInterventionRequestData,
} from '../types/index.js';

type Kind = NonNullable<AgentInterventionRequestData['interactionKind']>;

const KINDS: readonly unknown[] = ['permission', 'plan', 'question'];
const PROVIDERS: readonly unknown[] = ['claude-code', 'codex', 'cursor', 'devin', 'droid', 'qoder'];

const MAX_QUESTIONS = 4;
const MAX_OPTIONS = 16;
const MAX_QUESTION_CHARS = 4000;
const MAX_DESCRIPTION_CHARS = 1000;
const MAX_SHORT_CHARS = 200;

/**
 * Rebuilds an intervention request from the fields that a reviewer needs, or returns `undefined` when it is malformed.
 *
 * Nothing unknown passes: `arguments` is parsed, checked and serialised again.
 */
export function sanitizeAgentInterventionRequestForReview(
  request?: AgentInterventionRequestData | null,
): AgentInterventionRequestData | undefined {
  if (!request || request.apiName !== 'askUserQuestion') return undefined;
  const { apiName, deadline, identifier, interactionKind, provider, toolCallId } = request;
  if (!KINDS.includes(interactionKind) || !PROVIDERS.includes(provider)) return undefined;
  if (!Number.isFinite(deadline)) return undefined;

  const questions = sanitizeQuestions(request.arguments, interactionKind as Kind);
  if (!questions) return undefined;
  return {
    apiName,
    arguments: JSON.stringify({ questions }),
    deadline,
    identifier,
    interactionKind,
    provider,
    toolCallId,
  };
}

function sanitizeQuestions(text: string, kind: Kind): AgentInterventionRenderQuestion[] | undefined {
  const questions = parse(text)?.questions;
  if (!Array.isArray(questions)) return undefined;
  if (questions.length < 1 || questions.length > (kind === 'question' ? MAX_QUESTIONS : 1)) return undefined;

  const sanitized = allOrNothing(questions, (question) => sanitizeQuestion(question, kind));
  return sanitized && areUnique(sanitized.map(({ question }) => question)) ? sanitized : undefined;
}

function sanitizeQuestion(value: any, kind: Kind): AgentInterventionRenderQuestion | undefined {
  const { header, multiSelect, options, question } = value ?? {};
  if (!isText(question, MAX_QUESTION_CHARS)) return undefined;
  if (header !== '' && !isText(header, MAX_SHORT_CHARS)) return undefined;
  if (multiSelect !== undefined && typeof multiSelect !== 'boolean') return undefined;
  if (multiSelect && kind !== 'question') return undefined;
  if (!Array.isArray(options) || options.length < 1 || options.length > MAX_OPTIONS) return undefined;

  const sanitized = allOrNothing(options, (option) => sanitizeOption(option, kind));
  if (!sanitized) return undefined;
  const ids = sanitized.flatMap(({ id }) => (id === undefined ? [] : [id]));
  return areUnique(ids)
    ? { header, multiSelect: multiSelect === true, options: sanitized, question }
    : undefined;
}

function sanitizeOption(value: any, kind: Kind): AgentInterventionRenderOption | undefined {
  const { description, id, label } = value ?? {};
  if (!isText(label, MAX_SHORT_CHARS)) return undefined;
  if (description !== undefined && !isText(description, MAX_DESCRIPTION_CHARS)) return undefined;
  const usableId = isText(id, MAX_SHORT_CHARS) ? id : undefined;
  if (kind !== 'question' && usableId === undefined) return undefined;
  return { description, id: usableId, label };
}

function parse(text: string): { questions?: unknown } | undefined {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length >= 1 && value.length <= maxLength;
}

function allOrNothing<T>(values: unknown[], convert: (value: unknown) => T | undefined): T[] | undefined {
  const converted: T[] = [];
  for (const value of values) {
    const result = convert(value);
    if (result === undefined) return undefined;
    converted.push(result);
  }
  return converted;
}

function areUnique(values: string[]): boolean {
  return new Set(values).size === values.length;
}
