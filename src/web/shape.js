// The objects that the application sees. Members that are undefined here are left out, unless the key itself is promised.

export const present = (object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

export const snapshot = (status, since, attempt, retryAt, reason) =>
  present({ status, since, attempt, retryAt, reason });

export const sessionCompletion = (source, status) => present({ source, status });

export const completion = (status, source, terminalReceived, succeeded, authFailed, reason, detail) =>
  present({ status, source, terminalReceived, succeeded, authFailed, reason, detail });

export const resumeComplete = (gap, pending, status) => ({ gap, pending: pending || undefined, status });

export const error = (code, message) => ({ code, message });

export const continuity = (kind, from, to) => present({ kind, from, to });

export const deadline = (at, timer) => ({ at, timer });
