/** Uses a session of a host: a process, or a browser, of its own. */
export async function inSession(host, use) {
  const session = await host.open();
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

/** What several sessions measured, one after the other: engines decide anew in each what to optimise. */
export async function inSessions(host, count, use) {
  const measured = [];
  for (let index = 0; index < count; index++) measured.push(await inSession(host, use));
  return measured;
}

/** The rounds of several sessions as if they were those of one. */
export function pooled(sessions) {
  const names = Object.keys(sessions[0]);
  return Object.fromEntries(names.map((name) => [name, sessions.flatMap((measured) => measured[name])]));
}
