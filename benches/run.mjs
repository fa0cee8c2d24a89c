// Runs the benches. `npm run bench -- --only frames` runs one part of them.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPackage } from '../scripts/build.mjs';
import { packageDir } from '../scripts/lib/project.mjs';
import { ensureChromium } from '../scripts/tools.mjs';
import { chromiumHost } from './hosts/chromium.mjs';
import { nodeHost } from './hosts/node.mjs';
import { frames } from './parts/frames.mjs';
import { mux } from './parts/mux.mjs';
import { openclaw } from './parts/openclaw.mjs';
import { replay } from './parts/replay.mjs';
import { sizes } from './parts/sizes.mjs';
import { startup } from './parts/startup.mjs';
import { throughput } from './parts/throughput.mjs';
import { transcript } from './parts/transcript.mjs';
import { Report } from './report.mjs';

const PARTS = { frames, mux, replay, transcript, openclaw, throughput, sizes, startup };
const HOSTS = { node: nodeHost, chromium: chromiumHost };

const HELP = `npm run bench [-- --only <part>[,<part>…]] [--host <host>] [--package <folder>] [--check] [--help]

  --only     parts to run: ${Object.keys(PARTS).join(', ')}; default all
  --host     node or chromium; default both
  --package  the built package to measure; default: build it into pkg/
  --check    end with code 1 when a line is over its budget in benches/budgets.json

AGENT_GATEWAY_BIN names a gateway to measure against; default: cargo build --release -p agent-gateway
`;

main().catch((error) => {
  console.error(`bench: ${error.message}`);
  process.exit(2);
});

async function main() {
  const { parts, hostNames, check, folder } = readOptions();
  if (!folder) await buildPackage();
  const hosts = parts.some((part) => part !== 'sizes') ? hostNames : [];
  if (hosts.includes('chromium')) await ensureChromium();
  const packageFolder = folder ?? packageDir;
  const report = new Report();
  const opened = [];
  try {
    for (const name of hosts) opened.push(await HOSTS[name](packageFolder));
    for (const part of parts) await PARTS[part]({ hosts: opened, packageFolder, report });
  } finally {
    for (const host of opened) await host.close();
  }
  const overBudget = report.summary();
  process.exit(check && overBudget > 0 ? 1 : 0);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: Object.keys(PARTS).join(',') },
      host: { type: 'string', default: Object.keys(HOSTS).join(',') },
      package: { type: 'string' },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const folder = values.package === undefined ? undefined : resolve(values.package);
  if (folder && !existsSync(join(folder, 'index.mjs'))) throw new Error(`${folder} holds no built package`);
  return {
    parts: namesOf('--only', values.only, PARTS),
    hostNames: namesOf('--host', values.host, HOSTS),
    check: values.check,
    folder,
  };
}

function namesOf(option, given, known) {
  const names = given.split(',');
  const unknown = names.filter((name) => !Object.hasOwn(known, name));
  if (unknown.length === 0) return names;
  throw new Error(`${option}: ${unknown.join(', ')} is none of ${Object.keys(known).join(', ')}`);
}
