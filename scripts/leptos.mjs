// Starts the development gateway and the Leptos page.
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { buildLeptosChat } from './build/leptos.mjs';
import { buildGateway, startGateway } from './lib/gateway.mjs';
import { portOf, requireFree } from './lib/serve.mjs';
import { ensureBuildTools } from './tools.mjs';

const COMMAND = 'npm run example:leptos';
const HELP = `${COMMAND} [-- --port <page port>] [--gateway-port <port>] [--help]

Builds the Leptos page and the development gateway, starts the gateway and serves the page.

  --port          port of the page, default 5175
  --gateway-port  port of the gateway, default 8787
`;

main().catch((error) => {
  console.error(`leptos: ${error.message}`);
  process.exit(1);
});

async function main() {
  const options = {
    port: { type: 'string', default: '5175' },
    'gateway-port': { type: 'string', default: '8787' },
    help: { type: 'boolean' },
  };
  const { values } = parseArgs({ options });
  if (values.help) return console.log(HELP);
  const [port, gatewayPort] = [portOf(values, 'port'), portOf(values, 'gateway-port')];
  await requireFree(port, COMMAND, '--port');
  await requireFree(gatewayPort, COMMAND, '--gateway-port');

  await ensureBuildTools();
  const folder = await buildLeptosChat();
  console.log('gateway: cargo build');
  const gateway = await startGateway({ program: await buildGateway(), port: gatewayPort, echo: true });
  gateway.child.once('exit', (code) => {
    console.error(`leptos: the gateway ended with code ${code}`);
    process.exit(1);
  });
  await servePage(folder, port);
  const page = `http://127.0.0.1:${port}/?gateway=${encodeURIComponent(gateway.url)}`;
  console.log(`\n  gateway  ${gateway.url}\n  page     ${page}\n\nCtrl-C ends both.\n`);
}

async function servePage(folder, port) {
  // Loaded late: before `ensureBuildTools` the npm packages may be missing.
  const { preview } = await import('vite');
  await preview({
    configFile: false,
    root: dirname(folder),
    build: { outDir: folder },
    preview: { port, strictPort: true, host: '127.0.0.1' },
    logLevel: 'warn',
  });
}
