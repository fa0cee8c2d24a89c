// Takes the pictures of the dashboard in docs/images, at the released gateway: node tests/fleet/screenshots.mjs
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../scripts/lib/project.mjs';
import { startFleetGateway } from '../../scripts/fleet/gateway.mjs';
import { startBrowser, startPage } from '../page/harness.mjs';
import { openFleet } from './support/fleet-page.mjs';
import { asOwner } from './support/owner.mjs';

const IMAGES = join(root, 'docs/images');
const ANSWER_MS = 60_000;
/** A port of this computer that nothing listens on. */
const NOBODY = 'ws://127.0.0.1:18789';

const SESSIONS = [
  ['main', 'Answer the inbox'],
  ['main', 'Prepare the release'],
  ['operations', 'Check the backup'],
  ['research', 'Weekly summary'],
  ['research', 'Read the new papers'],
];

/** What each picture shows, and the browser that it is taken with. */
const PICTURES = {
  'fleet-connected.png': [working],
  'fleet-chatting.png': [chatting],
  'fleet-dark.png': [chatting, { colorScheme: 'dark' }],
  'fleet-narrow.png': [chatting, { viewport: { width: 390, height: 800 } }],
  'fleet-approving.png': [approving],
  'fleet-offline.png': [offline],
};

await mkdir(IMAGES, { recursive: true });
const page = await startPage('fleet');
const browser = await startBrowser();
let gateway;
try {
  await take('fleet-demo.png', (fleet) => fleet.banner.getByText('Demo data').waitFor(), {}, { url: NOBODY });

  gateway = await startFleetGateway({ asksForPairing: true });
  await take('fleet-pairing.png', (fleet) => fleet.is('blocked'));
  await gateway.stop();

  gateway = await startFleetGateway();
  await asOwner(gateway, populate);
  for (const [name, [prepare, options]] of Object.entries(PICTURES)) await take(name, prepare, options);
} finally {
  await browser.close();
  await page.stop();
  await gateway?.stop();
}

async function take(name, prepare, options = {}, at = gateway) {
  const settings = { token: at.token, reducedMotion: 'reduce', ...options };
  const fleet = await openFleet(browser, page.url, at.url, settings);
  try {
    await prepare(fleet);
    await fleet.page.screenshot({ path: join(IMAGES, name) });
    console.log(`docs/images/${name}`);
  } finally {
    await fleet.close();
  }
}

/** Sessions that were talked in. */
async function populate(owner) {
  for (const [agentId, label] of SESSIONS) {
    const { key } = await owner.call('sessions.create', { agentId, label });
    await answered(owner, key, 'hello');
  }
}

function answered(owner, key, text) {
  const chat = owner.chat(key);
  const run = chat.send(text);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`No answer in ${key}`)), ANSWER_MS);
    chat.subscribe(() => {
      if (chat.getSnapshot().runs.find(({ id }) => id === run)?.state !== 'done') return;
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Two agents at work, neither of them for this page. */
async function working(fleet) {
  await fleet.session('Read the new papers').waitFor();
  await begin('Read the new papers');
  await begin('Prepare the release');
  await fleet.session('Read the new papers').getByText('Running').waitFor({ timeout: ANSWER_MS });
  await fleet.session('Prepare the release').getByText('Running').waitFor({ timeout: ANSWER_MS });
}

async function chatting(fleet) {
  await explained(fleet, 'Prepare the release');
}

/** Asks for a long answer in a session that has nothing to do, and waits for some of it. */
async function explained(fleet, title) {
  await fleet.session(title).getByText('Idle').waitFor({ timeout: ANSWER_MS });
  await fleet.session(title).click();
  await fleet.chat.getByTestId('user-message').first().waitFor();
  const answers = fleet.page.getByTestId('agent-message');
  const before = await answers.count();
  await fleet.send('Please explain it at long length.');
  await answers.nth(before).getByText('The news.').waitFor({ timeout: ANSWER_MS });
}

async function approving(fleet) {
  await fleet.page.getByRole('button', { name: 'New, asks first of Operations' }).click();
  await fleet.chat.getByText('Nothing was said yet.').waitFor({ timeout: ANSWER_MS });
  await fleet.send('Please run the command.');
  await fleet.approvals.getByTestId('approval').waitFor({ timeout: ANSWER_MS });
}

/** Lost in the middle of an answer. */
async function offline(fleet) {
  await explained(fleet, 'Prepare the release');
  await gateway.kill();
  await fleet.is('waiting');
}

/** Has the owner ask for a long answer in a session, and leaves. */
function begin(title) {
  return asOwner(gateway, async (owner) => {
    const { sessions } = await owner.call('sessions.list', { limit: 50 });
    const { key } = sessions.find(({ label }) => label === title);
    await owner.call('chat.send', {
      sessionKey: key,
      message: 'Please explain it at long length.',
      idempotencyKey: crypto.randomUUID(),
    });
  });
}
