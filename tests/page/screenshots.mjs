// Takes the pictures of the chat pages in docs/images: node tests/page/screenshots.mjs [picture…]
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LeptosChat } from '../leptos/leptos-page.mjs';
import { Chat, openChat } from './chat-page.mjs';
import { startBrowser, startGateway, startLeptosPage, startPage } from './harness.mjs';

const IMAGES = fileURLToPath(new URL('../../docs/images', import.meta.url));

const EXPLAIN = 'Explain how a stream survives a lost connection.';
const NARROW = { viewport: { width: 390, height: 800 } };

/** What each picture shows, and the browser that it is taken with. */
const PICTURES = {
  'idle.png': [(chat) => chat.page.getByTestId('empty').waitFor()],
  'running.png': [running],
  'reconnecting.png': [reconnecting],
  'finished.png': [finished],
  'failed.png': [failed],
  'dark.png': [running, { colorScheme: 'dark' }],
  'narrow.png': [running, NARROW],
  'narrow-list.png': [
    async (chat) => {
      await running(chat);
      await chat.page.getByTestId('sidebar-toggle').click();
      await chat.conversations.first().waitFor();
    },
    NARROW,
  ],
  'leptos.png': [leptos, {}, LeptosChat],
};

const gateway = await startGateway();
const pages = new Map([
  [Chat, await startPage()],
  [LeptosChat, await startLeptosPage()],
]);
const browser = await startBrowser();
try {
  await mkdir(IMAGES, { recursive: true });
  const wanted = process.argv.slice(2);
  for (const [name, [prepare, options, Page = Chat]] of Object.entries(PICTURES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const { url } = pages.get(Page);
    const chat = await openChat(browser, url, gateway, { reducedMotion: 'reduce', ...options }, Page);
    await prepare(chat);
    await chat.page.screenshot({ path: join(IMAGES, name) });
    await chat.close();
    console.log(`docs/images/${name}`);
  }
} finally {
  await browser.close();
  for (const page of pages.values()) await page.stop();
  await gateway.stop();
}

/** Several conversations at work at once, each in a state of its own. */
async function running(chat) {
  await begin(chat, 'markdown', { prompt: 'Why do streams have numbers?', speed: 'Fast' });
  await chat.endsAs('completed');
  await begin(chat, 'failing', { prompt: 'Try something that will not work.', speed: 'Normal' });
  await begin(chat, 'input', { prompt: 'Prepare a release, and ask when unsure.', speed: 'Fast' });
  await begin(chat, 'long', { prompt: 'Write the long version, with every detail.', speed: 'Slow' });
  await begin(chat, 'members', { prompt: 'Ask your two colleagues for their opinion.', speed: 'Slow' });
  await begin(chat, 'markdown', { prompt: EXPLAIN });
  await chat.shows(350);
}

async function reconnecting(chat) {
  await begin(chat, 'long', { prompt: 'Write the long version, with every detail.', speed: 'Slow' });
  await begin(chat, 'markdown', { prompt: EXPLAIN, speed: 'Slow' });
  await chat.shows(250);
  await chat.breaks('user');
  await chat.press('refuseConnections');
  await chat.press('drop');
  await chat.badge.getByText(/next try in [2-9] s/).waitFor();
}

async function finished(chat) {
  await chat.send('tool', { prompt: 'What time is it here?', speed: 'Fast' });
  await chat.endsAs('completed');
  await chat.send('markdown', { prompt: EXPLAIN, speed: 'Fast' });
  await chat.endsAs('completed');
}

async function failed(chat) {
  await chat.send('failing', { prompt: 'Try something that will not work.' });
  await chat.endsAs('error');
}

/** As `chat.begin`, also where the list has to be opened first. */
async function begin(chat, script, options) {
  const toggle = chat.page.getByTestId('sidebar-toggle');
  if (await toggle.isVisible()) await toggle.click();
  await chat.begin(script, options);
}

/** An answer while its connection is being replaced. */
async function leptos(chat) {
  await chat.send('tool', { prompt: 'What time is it here?', speed: 'Fast' });
  await chat.endsAs('completed');
  await chat.send('markdown', { prompt: EXPLAIN, speed: 'Slow' });
  await chat.shows(250);
  await chat.breaks('user');
  await chat.press('refuseConnections');
  await chat.press('drop');
  await chat.badge.getByText(/next try in [2-9] s/).waitFor();
}
