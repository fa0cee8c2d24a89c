// Starts the dashboard of examples/fleet, and an OpenClaw gateway for it unless one is named.
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { buildPackage } from './build.mjs';
import { startFleetGateway } from './fleet/gateway.mjs';
import { seconds } from './lib/process.mjs';
import { portOf, requireFree, servePage } from './lib/serve.mjs';
import { ensureOpenClaw } from './openclaw/install.mjs';
import { ensureBuildTools } from './tools.mjs';

const COMMAND = 'npm run example:fleet';
const REPORT_EVERY_MS = 10_000;
const HELP = `${COMMAND} [-- --gateway <url>] [--port <page port>] [--gateway-port <port>] [--help]

Builds the package, starts the released OpenClaw gateway with a scripted model and serves a dashboard of it. The first
start installs the gateway, 0.9 GB outside the repository.

  --gateway       a gateway that runs already, for example ws://127.0.0.1:18789; none is started
  --port          port of the page, default 5174
  --gateway-port  port of the gateway, default 18790
`;

let gateway;
// Before anything is started, so that nothing of it is left behind.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => end(130));

main().catch((error) => {
  console.error(`fleet: ${error.message}`);
  end(1);
});

async function main() {
  const options = readOptions();
  await requireFree(options.port, COMMAND, '--port');
  if (!options.gateway) await requireFree(options.gatewayPort, COMMAND, '--gateway-port');

  await ensureBuildTools();
  await buildPackage();
  if (!options.gateway) await startGateway(options.gatewayPort);
  const url = options.gateway ?? gateway.url;
  const page = await servePage('fleet', options.port, url);
  // The page takes the token out of its address at once.
  const address = gateway ? `${page}#token=${gateway.token}` : page;

  console.log(
    `\n  gateway  ${url}\n  page     ${address}\n\nCtrl-C ends ${gateway ? 'both' : 'the page'}.\n`,
  );
}

async function startGateway(port) {
  await ensureOpenClaw();
  const started = Date.now();
  console.log('gateway: starting OpenClaw');
  const report = setInterval(() => console.log(`  … still starting (${seconds(started)})`), REPORT_EVERY_MS);
  try {
    const token = randomBytes(24).toString('base64url');
    gateway = await startFleetGateway({ port, auth: { mode: 'token', token } });
  } finally {
    clearInterval(report);
  }
  console.log(`gateway: OpenClaw is ready (${seconds(started)})`);
}

async function end(code) {
  await gateway?.stop().catch((error) => console.error(`fleet: ${error.message}`));
  process.exit(code);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      gateway: { type: 'string' },
      port: { type: 'string', default: '5174' },
      'gateway-port': { type: 'string', default: '18790' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const { gateway } = values;
  if (gateway !== undefined && !/^(ws|http)s?:\/\/\S+$/.test(gateway)) {
    throw new Error(`--gateway must be an address as ws://127.0.0.1:18789, not ${gateway}`);
  }
  return { gateway, port: portOf(values, 'port'), gatewayPort: portOf(values, 'gateway-port') };
}
