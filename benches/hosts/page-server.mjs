import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { text } from 'node:stream/consumers';

const TYPES = { '.html': 'text/html', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
const HEADERS = {
  'cache-control': 'no-store',
  // Isolated pages have a clock of 5 µs, others one of 100 µs.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/**
 * Serves folders, each under its name, and pages that fetch tasks.
 *
 * A page asks for `/tasks/<id>`, which is answered when there is a task, and posts its answer there.
 */
export async function servePages(folders) {
  const pages = new Map();
  const server = createServer(async (request, response) => {
    const [, name, ...path] = new URL(request.url, 'http://localhost').pathname.split('/');
    const page = name === 'tasks' && pages.get(path[0]);
    if (!page) return answerFile(folders[name], path, response);
    if (request.method === 'GET') return page.asks((task) => response.writeHead(200, HEADERS).end(task));
    page.answers(JSON.parse(await text(request)));
    response.writeHead(204, HEADERS).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}/`;
  return {
    newPage() {
      const id = String(pages.size);
      const page = new Page();
      pages.set(id, page);
      return {
        url: `${url}benches/page.html?id=${id}`,
        loaded: page.loaded,
        measure: (name, argument) => page.measure(name, argument),
        close: () => pages.set(id, undefined),
      };
    },
    close: () => new Promise((resolve) => server.close(resolve) && server.closeAllConnections()),
  };
}

class Page {
  #asked = deferred();
  #answered = deferred();

  get loaded() {
    return this.#asked.promise;
  }

  asks(send) {
    this.#asked.resolve(send);
  }

  answers(answer) {
    this.#answered.resolve(answer);
  }

  async measure(name, argument) {
    const send = await this.#asked.promise;
    this.#asked = deferred();
    this.#answered = deferred();
    send(JSON.stringify({ name, argument }));
    const { result, problem } = await this.#answered.promise;
    if (problem) throw new Error(problem);
    return result;
  }
}

function deferred() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}

async function answerFile(folder, path, response) {
  const file = folder && join(folder, normalize(`/${path.join('/')}`));
  const body = file && (await readFile(file).catch(() => undefined));
  if (!body) return response.writeHead(404, HEADERS).end();
  const type = TYPES[extname(file)] ?? 'application/octet-stream';
  response.writeHead(200, { ...HEADERS, 'content-type': type }).end(body);
}
