// A process that measures what its parent asks for.
import WebSocket from 'ws';
import * as measures from '../measures/index.mjs';

const environment = { packageUrl: process.argv[2], slimFile: 'slim.node.mjs', WebSocket };

process.on('message', async ({ name, argument }) => {
  try {
    process.send({ result: await measures[name](environment, argument) });
  } catch (error) {
    process.send({ problem: error.stack });
  }
});
