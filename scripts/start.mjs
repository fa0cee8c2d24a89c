// Starts the development gateway and the chat page.
import { parseArgs } from 'node:util';
import { buildPackage } from './build.mjs';
import { buildGateway, startGateway } from './lib/gateway.mjs';
import { portOf, requireFree, servePage } from './lib/serve.mjs';
import { ensureBuildTools } from './tools.mjs';

const HELP = `npm start [-- --port <page port>] [--gateway-port <port>] [--help]

Builds the package and the development gateway, starts the gateway and serves the chat page.

  --port          port of the page, default 5173
  --gateway-port  port of the gateway, default 8787
`;

main().catch((error) => {
  console.error(`start: ${error.message}`);
  process.exit(1);
});

async function main() {
  const options = readOptions();
  await requireFree(options.port, 'npm start', '--port');
  await requireFree(options.gatewayPort, 'npm start', '--gateway-port');

  await ensureBuildTools();
  await buildPackage();
  console.log('gateway: cargo build');
  const program = await buildGateway();
  const gateway = await startGateway({ program, port: options.gatewayPort, echo: true });
  gateway.child.once('exit', (code) => {
    console.error(`start: the gateway ended with code ${code}`);
    process.exit(1);
  });
  const page = await servePage('chat', options.port, gateway.url);

  console.log(`\n  gateway  ${gateway.url}\n  page     ${page}\n\nCtrl-C ends both.\n`);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '5173' },
      'gateway-port': { type: 'string', default: '8787' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  return { port: portOf(values, 'port'), gatewayPort: portOf(values, 'gateway-port') };
}
