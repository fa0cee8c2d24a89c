import { spread, spreadText } from '../report.mjs';

const ENTRIES = ['default', 'slim'];
const SAMPLES = 11;

/** Milliseconds from the import to the first `auth` frame, in a fresh process or page each. */
export async function startup({ hosts, report }) {
  for (const host of hosts) {
    report.heading(`Milliseconds from import to the first auth frame, ${host.name}: median (quartiles)`);
    const samples = new Map(ENTRIES.map((entry) => [entry, []]));
    for (let sample = 0; sample < SAMPLES; sample++) {
      for (const entry of ENTRIES) samples.get(entry).push(await measureOnce(host, entry));
    }
    for (const [entry, measured] of samples) {
      const imported = spread(measured.map((sample) => sample.imported));
      const authenticated = spread(measured.map((sample) => sample.authenticated));
      report.line(entry, `import ${spreadText(imported, 1)}   to auth ${spreadText(authenticated, 1)}`);
    }
  }
}

async function measureOnce(host, entry) {
  const session = await host.open();
  try {
    return await session.measure('measureStartup', { entry });
  } finally {
    await session.close();
  }
}
