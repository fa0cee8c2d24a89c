// What the model of the tests says: the same to everybody.
import { textOf } from './model-server.mjs';

const HELLO = ['Hello ', 'from ', 'the ', 'model', '.'];
const PIECE_EVERY_MS = 40;
const SLOW_PIECE_EVERY_MS = 250;
/** What a message asks for: in how many slow pieces it is answered. */
const SLOW_PIECES = { '[[slow]]': 40, '[[paced]]': 12 };

/**
 * A message with `[[slow]]` takes ten seconds, one with `[[paced]]` three; one with `[[exec]]` has a command run, and
 * `[[tool NAME {…}]]` a tool of that name; then the model says what the tool did.
 */
export function turnOf(messages) {
  const turn = messages.slice(messages.findLastIndex(({ role }) => role === 'assistant') + 1);
  const result = turn.findLast(({ role }) => role === 'tool');
  if (result) return { pieces: ['The tool said: ', textOf(result)], pieceEveryMs: PIECE_EVERY_MS };
  const said = turn
    .filter(({ role }) => role === 'user')
    .map(textOf)
    .join('\n');
  const slow = Object.keys(SLOW_PIECES).find((mark) => said.includes(mark));
  const answer = slow
    ? { pieces: slowPieces(SLOW_PIECES[slow]), pieceEveryMs: SLOW_PIECE_EVERY_MS }
    : { pieces: HELLO, pieceEveryMs: PIECE_EVERY_MS };
  return { ...answer, call: callIn(said) };
}

function callIn(said) {
  if (said.includes('[[exec]]')) {
    return { name: 'exec', arguments: JSON.stringify({ command: 'echo hello from the tool' }) };
  }
  const [, name, args] = /\[\[tool ([\w.-]+)(?: (\{.*?\}))?\]\]/.exec(said) ?? [];
  return name && { name, arguments: args ?? '{}' };
}

function slowPieces(count) {
  return Array.from({ length: count }, (_, index) => `part${index} `);
}
