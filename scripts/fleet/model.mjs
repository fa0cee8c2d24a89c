// What the model says that a dashboard can be tried with.
import { textOf } from '../openclaw/model-server.mjs';

const PIECE_EVERY_MS = 45;

const LONG = `Here is the long version, one step after the other.

1. **The socket opens.** The gateway sends a challenge, and the page signs it with a key that never leaves the browser.
2. **The welcome.** It says what this device may do, and which release the gateway is.
3. **The lists.** Agents and sessions are read together, so that no card contradicts another.
4. **The news.** From then on every change is told, with a number, and a hole in the numbers is noticed.
5. **The loss.** A laptop sleeps, a train enters a tunnel, a gateway is restarted. The picture stays and says when it was true.
6. **The return.** Everything is read again, and the answer that was on its way is taken up where it was.

None of this needs a reload, and none of it is a guess.`;

const SHORT = `I am a scripted model: whatever you ask, I say this. Write *long* to get an answer that takes a while, or *run* to have me run a command on the gateway’s host.`;

/** A message with the word `long` is answered at length, one with `run` has a command run. */
export function turnOf(messages) {
  // The gateway adds what is no part of the conversation as a message of the user.
  const last = messages.findLast((message) => !textOf(message).startsWith('<<<BEGIN_OPENCLAW'));
  const said = textOf(last);
  if (last?.role === 'tool') return saying(`The command is over. It said:\n\n> ${said.trim()}`);
  if (/\blong\b/i.test(said)) return saying(LONG);
  const call = { name: 'exec', arguments: JSON.stringify({ command: 'uname --kernel-name' }) };
  return { ...saying(SHORT), ...(/\brun\b/i.test(said) && { call }) };
}

function saying(text) {
  return { pieces: text.match(/\S+\s*/g), pieceEveryMs: PIECE_EVERY_MS };
}
