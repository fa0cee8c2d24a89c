import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe } from 'node:test';
import { STEP_MS } from './chat-page.mjs';
import { chatTest, SIDE_BY_SIDE } from './fixture.mjs';
import { eventually, startDevelopmentPage } from './harness.mjs';

describe('the page', SIDE_BY_SIDE, () => {
  chatTest('shows untrusted text as text', async (chat) => {
    const prompt = '<b class="planted">bold</b>';
    const operationId = await chat.send('long', { prompt });
    const content = '\n\n<b class="planted">bold</b> <img class="planted" src=x onerror="alert(1)"> ';
    const link = '[link](javascript:alert(1)) ![image](https://example.com/x.png)\n\n|a|\n|:-:|\n|b|\n\n';
    await chat.push(operationId, 'stream_chunk', { chunkType: 'text', content: content + link });
    await chat.answer.getByText('<b class="planted">bold</b>').waitFor();
    assert.equal(await chat.page.getByTestId('user-message').textContent(), prompt);
    assert.equal(await chat.page.locator('.planted').count(), 0);
    assert.equal(await chat.page.locator('a[href^="javascript"], .conversation img').count(), 0);
    assert.equal(await chat.answer.locator('td[data-align=center]').count(), 1);
  });

  chatTest('has a policy without inline scripts and styles', async (chat) => {
    const meta = chat.page.locator('meta[http-equiv=Content-Security-Policy]');
    const policy = await meta.getAttribute('content');
    assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'(;|$)/);
    assert.match(policy, /style-src 'self'(;|$)/);
    const blocked = await chat.page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.inlineScriptRan = true';
      document.body.append(script);
      return !globalThis.inlineScriptRan;
    });
    assert.ok(blocked, 'an inline script ran');
    await eventually(
      STEP_MS,
      'the violation to be reported',
      async () => (await chat.violations()).length === 1,
    );
    await chat.page.evaluate(() => globalThis.policyViolations.splice(0));
  });

  chatTest('works in the development server, too', async (chat) => {
    const development = await startDevelopmentPage();
    try {
      await chat.goto(development.url, { timeout: 20_000 });
      const operationId = await chat.send('tool', { speed: 'Fast' });
      await chat.endsAs('completed');
      await chat.streamedWhole(operationId);
      assert.deepEqual(await chat.violations(), []);
    } finally {
      await development.stop();
    }
  });

  chatTest('says what to start when no gateway answers', async (chat) => {
    await chat.page.goto(`${chat.pageUrl}?gateway=http://127.0.0.1:9`);
    await chat.banner.getByText('No development gateway answers').waitFor();
    await chat.banner.getByText('--dev').waitFor();
    await chat.page.getByTestId('example-markdown').click();
    await chat.endsAs('error');
    await chat.failure.getByText('cannot be reached').waitFor();
  });

  chatTest('says what is wrong with the address of the gateway', async (chat) => {
    await chat.page.goto(`${chat.pageUrl}?gateway=ftp://example.com`);
    await chat.banner.getByText('Not an http(s) URL of a gateway').waitFor();
    chat.pageErrors.length = 0;
  });

  chatTest('shows the faults as the gateway has them, also after a reload', async (chat) => {
    await chat.page.route('**/faults', async (route) => {
      const response = await route.fetch();
      if (route.request().method() === 'GET') await new Promise((resolve) => setTimeout(resolve, 500));
      await route.fulfill({ response });
    });
    await chat.send('long');
    await chat.press('duplicate');
    const duplicate = chat.page.getByTestId('fault-duplicate');
    await chat.shows(500);
    assert.ok(await duplicate.isChecked());
    await chat.page.reload();
    await eventually(STEP_MS, 'the switch to be on', () => duplicate.isChecked());
  });

  chatTest('keeps a bounded log that can be paused and cleared', async (chat) => {
    await chat.send('long', { speed: 'Fast' });
    await chat.endsAs('completed');
    const lines = chat.log.getByRole('listitem');
    assert.equal(await lines.count(), 300);
    await chat.log.getByRole('button', { name: 'Pause' }).click();
    await chat.log.getByRole('button', { name: 'Clear' }).click();
    await chat.send('markdown', { speed: 'Fast' });
    await chat.endsAs('completed');
    assert.equal(await lines.count(), 0);
  });

  for (const colorScheme of ['light', 'dark']) {
    const name = `has no accessibility violation that axe finds in its ${colorScheme} theme`;
    chatTest(name, (chat) => checkWithAxe(chat), { colorScheme, reducedMotion: 'reduce' });
  }
});

async function checkWithAxe(chat) {
  const require = createRequire(new URL('../../examples/chat/package.json', import.meta.url));
  const axe = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8');
  const check = async () => {
    // Evaluated by the debugger and not as a script element, so that the policy stays as it is.
    await chat.page.evaluate(axe);
    const { violations } = await chat.page.evaluate(() => globalThis.axe.run());
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
    assert.deepEqual(found, []);
  };
  await check();
  await chat.send('tool', { speed: 'Fast' });
  await chat.endsAs('completed');
  await check();
  await chat.send('failing', { speed: 'Fast' });
  await chat.endsAs('error');
  await check();
  await chat.send('markdown', { prompt: 'Unread.', speed: 'Slow' });
  await chat.begin('input', { prompt: 'Waiting.', speed: 'Fast' });
  await chat.begin('long', { prompt: 'Running.', speed: 'Slow' });
  await chat.conversationIs('Waiting.', 'waiting');
  await chat.sidebar.getByText('Finished, unread').waitFor();
  await check();
  await chat.page.setViewportSize({ width: 390, height: 800 });
  await check();
  await chat.page.getByTestId('sidebar-toggle').click();
  await check();
}
