// The tools of a page, from the packed tarball, in Chromium: each call runs once and is answered once.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { gatewayUrl } from './support/expected.mjs';
import { Product } from './support/product.mjs';
import { RUN_PAGE, RunButtonPage } from './support/run-button-page.mjs';
import { servePages } from './support/served-pages.mjs';

const DONE = { content: 'done', success: true };
const TIMED_OUT = failure('client_executor_timeout', 'The tool did not answer in time.');
const LEFT = failure('client_tool_execution_error', 'The page that ran the tool went away.');

const { browser, server } = await servePages({ 'run.html': RUN_PAGE });

for (const transport of ['v1', 'v2']) {
  describe(`over ${transport}, a tool runs once and is answered once`, () => {
    toolTest('that is asked for in frames that come twice', transport, 'answers', async (chat) => {
      const page = await chat.begin();
      await chat.faults({ duplicate: true });
      await chat.call();
      await chat.answers(1);
      await chat.endsAnswered([DONE]);
      await page.isOver();
    });

    toolTest(
      'that is asked for again and again, before and after its answer',
      transport,
      'answers when told',
      async (chat) => {
        const page = await chat.begin();
        await chat.call();
        await chat.runsOn(page);
        await chat.call();
        await page.tab.evaluate(() => globalThis.answerTool());
        await chat.answers(1);
        await chat.call();
        await chat.endsAnswered([DONE]);
      },
    );

    toolTest(
      'that is replayed after its connection was lost',
      transport,
      'answers when told',
      async (chat) => {
        const page = await chat.begin();
        await chat.call();
        await chat.runsOn(page);
        await chat.faults({ drop: true });
        await page.reaches('reconnecting');
        await page.tab.evaluate(() => globalThis.answerTool());
        await chat.answers(1);
        await chat.endsAnswered([DONE]);
      },
    );

    toolTest(
      'that is replayed to a page which is loaded anew after the answer',
      transport,
      'answers',
      async (chat) => {
        const page = await chat.begin();
        await chat.call();
        await chat.answers(1);
        await chat.isForgotten(page);
        await chat.reload(page);
        await chat.endsAnswered([DONE]);
      },
    );

    toolTest(
      'that is replayed to a page which is loaded anew while it runs',
      transport,
      'never returns',
      async (chat) => {
        const page = await chat.begin();
        await chat.call();
        await chat.runsOn(page);
        await chat.reload(page);
        await chat.answers(1);
        await chat.reload(page);
        await chat.endsAnswered([LEFT]);
      },
    );

    toolTest('that two tabs are asked for', transport, 'answers when told', async (chat) => {
      const [page, other] = [await chat.begin(), await chat.join()];
      await chat.call();
      const worker = await chat.worker([page, other]);
      await chat.call();
      await worker.tab.evaluate(() => globalThis.answerTool());
      await chat.endsAnswered([DONE]);
      await Promise.all([page.isOver(), other.outcome()]);
    });

    toolTest('that a tab takes over from one which was closed', transport, 'never returns', async (chat) => {
      const [page, other] = [await chat.begin(), await chat.join()];
      await chat.call();
      const worker = await chat.worker([page, other]);
      const left = worker === page ? other : page;
      await worker.tab.close();
      await chat.reload(left);
      await chat.answers(1);
      await chat.endsAnswered([LEFT]);
    });

    toolTest('that never returns', transport, 'never returns', async (chat) => {
      const page = await chat.begin();
      await chat.call({ executionTimeoutMs: 1_500 });
      await chat.answers(1);
      await chat.endsAnswered([TIMED_OUT]);
      await page.isOver();
    });

    toolTest('that returns after its deadline', transport, 'answers after its deadline', async (chat) => {
      const page = await chat.begin();
      await chat.call({ executionTimeoutMs: 1_500 });
      await chat.answers(1);
      await page.until(() => globalThis.answerTool !== undefined);
      await page.tab.evaluate(() => globalThis.answerTool());
      await chat.endsAnswered([TIMED_OUT]);
      await page.isOver();
    });
  });
}

/** One browser profile with the tabs of one user, and one call. */
class Chat {
  product = new Product(gatewayUrl());
  toolCallId = `call_${randomUUID()}`;
  userId = `tools-${randomUUID()}`;

  constructor(context, transport, tool) {
    this.context = context;
    this.options = { gateway: gatewayUrl(), tool, transport, userId: this.userId };
  }

  /** A tab whose user sends a message. */
  async begin() {
    const page = await RunButtonPage.open(this.context, server.url, this.options);
    await page.press('send');
    await page.reaches('streaming');
    this.operationId = await page.operationId();
    this.pages = [page];
    return page;
  }

  /** Another tab that follows the same operation. */
  async join() {
    const options = { ...this.options, executor: true, resume: this.operationId };
    const page = await RunButtonPage.open(this.context, server.url, options);
    await page.reaches('streaming');
    this.pages.push(page);
    return page;
  }

  async reload(page) {
    await page.load({ ...this.options, resume: this.operationId });
    await page.reaches('streaming');
    this.pages = [page];
  }

  faults(faults) {
    return this.product.faults(this.operationId, faults);
  }

  call({ executionTimeoutMs = 30_000 } = {}) {
    const { operationId, toolCallId } = this;
    const call = { apiName: 'work', arguments: '{}', executionTimeoutMs, identifier: 'demo', toolCallId };
    return this.product.executeTool(operationId, call);
  }

  async runsOn(page) {
    await page.until(executed, this.toolCallId);
  }

  /** The tab where the tool runs. */
  async worker(pages) {
    await this.runsOn(pages[0]);
    for (const page of pages) {
      if (await page.tab.evaluate(() => globalThis.running === true)) return page;
    }
    throw new Error('It runs in no tab');
  }

  /** What is kept for the next page says that the call needs no other answer. */
  isForgotten(page) {
    return page.until(() => localStorage.getItem('agent-gateway-client:tool-calls-open') === '[]');
  }

  async answers(count) {
    const deadline = Date.now() + 15_000;
    while ((await this.results()).length < count) {
      assert.ok(Date.now() < deadline, `there are ${count} answers`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The run ends; what the page had to send was sent before. */
  async endsAnswered(expected) {
    await this.product.updateStatus(this.operationId, 'completed');
    for (const page of this.pages) {
      assert.equal((await page.outcome()).ending, 'session_complete');
    }
    const results = await this.results();
    assert.deepEqual(
      results.map(({ toolCallId: _, ...result }) => result),
      expected,
    );
    const [page] = this.pages;
    assert.equal(await page.tab.evaluate(executed, this.toolCallId), 1);
  }

  async results() {
    const { toolResults } = await this.product.view(this.operationId);
    return toolResults.filter(({ toolCallId }) => toolCallId === this.toolCallId);
  }
}

function toolTest(name, transport, tool, body) {
  test(name, { timeout: 60_000 }, async () => {
    const context = await browser.newContext();
    try {
      await body(new Chat(context, transport, tool));
    } finally {
      await context.close();
    }
  });
}

/** Runs in a page: how often a call ran, in any tab. */
function executed(toolCallId) {
  return Object.entries(localStorage).filter(([key, call]) => key.startsWith('ran ') && call === toolCallId)
    .length;
}

function failure(type, message) {
  return { content: null, error: { message, type }, success: false };
}
