// The objects that JavaScript sees of a run and its messages. Members that are undefined here are left out.

import { present } from '../shape.js';

export const snapshot = (
  phase,
  since,
  startedAt,
  loading,
  visiblyLoading,
  canSend,
  canStop,
  connection,
  waitingFor,
  deadlineAt,
  timer,
  operationId,
  outcome,
) =>
  present({
    phase,
    since,
    startedAt,
    loading,
    visiblyLoading,
    canSend,
    canStop,
    connection,
    waitingFor,
    deadline: timer && { at: deadlineAt, timer },
    operationId,
    outcome,
  });

export const outcome = (ending, verdict, known, succeeded, terminalReceived, resumable, reason, detail) =>
  Object.freeze(present({ ending, verdict, known, succeeded, terminalReceived, resumable, reason, detail }));

export const opening = (operationId, gatewayUrl, token, lastEventId, resume, executor, fallback) => ({
  operationId,
  gatewayUrl,
  token,
  lastEventId,
  resume,
  executor,
  fallback,
});

export const call = (toolCallId, deadline, data) => ({ toolCallId, deadline, data });

export const tokenQuestion = (operationId, reason) => ({ operationId, reason });

export const intervention = (id, kind, deadline, request) => present({ id, kind, deadline, request });

export const message = (key, id, member, role, activity, row, parts) =>
  present({ key, id, member, role, activity, row, parts });

export const part = (type, value) =>
  type === 'text' || type === 'reasoning' ? { type, text: value } : { type, value };

export const tool = (id, messageId, phase, calling, state, progress, result) =>
  present({ type: 'tool', id, messageId, phase, calling, state, progress, result });
