// Takes the pictures of the chat page in docs/images: node tests/page/screenshots.mjs
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openChat } from './chat-page.mjs';
import { startBrowser, startGateway, startPage } from './harness.mjs';

const IMAGES = fileURLToPath(new URL('../../docs/images', import.meta.url));

const PICTURES = {
  'idle.png': async (chat) => {
    await chat.page.getByTestId('empty').waitFor();
  },
  'streaming.png': async (chat) => {
    await chat.send('markdown', { prompt: 'Explain how a stream survives a lost connection.' });
    await chat.shows(350);
  },
  'reconnecting.png': async (chat) => {
    await chat.send('markdown', { prompt: 'Explain how a stream survives a lost connection.' });
    await chat.shows(250);
    await chat.press('refuseConnections');
    await chat.press('drop');
    await chat.badge.getByText(/next try in [2-9] s/).waitFor();
  },
  'finished.png': finished,
  'finished-dark.png': finished,
  'failed.png': async (chat) => {
    await chat.send('failing', { prompt: 'Try something that will not work.' });
    await chat.endsAs('error');
  },
};

const gateway = await startGateway();
const page = await startPage();
const browser = await startBrowser();
try {
  await mkdir(IMAGES, { recursive: true });
  for (const [name, prepare] of Object.entries(PICTURES)) {
    const colorScheme = name.includes('dark') ? 'dark' : 'light';
    const chat = await openChat(browser, page.url, gateway, { colorScheme });
    await prepare(chat);
    await chat.page.screenshot({ path: join(IMAGES, name) });
    await chat.close();
    console.log(`docs/images/${name}`);
  }
} finally {
  await browser.close();
  await page.stop();
  await gateway.stop();
}

async function finished(chat) {
  await chat.send('tool', { prompt: 'What time is it here?', speed: 'Fast' });
  await chat.endsAs('completed');
  await chat.send('markdown', { prompt: 'Explain how a stream survives a lost connection.', speed: 'Fast' });
  await chat.endsAs('completed');
}
