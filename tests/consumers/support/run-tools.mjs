/** The tools of a page. Each notes in the storage that it ran, which all tabs share and a reload keeps. */

const RAN = 'ran ';

/** A tool that notes its execution and then does what its name says. */
export function toolNamed(name) {
  return async (_, { call, signal }) => {
    globalThis.running = true;
    localStorage.setItem(RAN + crypto.randomUUID(), call.toolCallId);
    switch (name) {
      case 'answers':
        return 'done';
      case 'answers when told':
        return new Promise((resolve) => (globalThis.answerTool = () => resolve('done')));
      case 'answers after its deadline':
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return new Promise((resolve) => (globalThis.answerTool = () => resolve('too late')));
      default:
        return new Promise(() => {});
    }
  };
}
