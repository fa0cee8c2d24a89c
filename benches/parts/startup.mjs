import { spread, spreadText } from '../report.mjs';
import { inSession } from './sessions.mjs';

const ENTRIES = ['default', 'slim'];
const SAMPLES = 11;

/** Milliseconds from the import to the first `auth` frame, in a fresh process or page each. */
export async function startup({ hosts, report }) {
  for (const host of hosts) {
    report.heading(`Milliseconds from import to the first auth frame, ${host.name}: median (quartiles)`);
    const samples = new Map(ENTRIES.map((entry) => [entry, []]));
    for (let sample = 0; sample < SAMPLES; sample++) {
      for (const entry of ENTRIES) {
        const measure = (session) => session.measure('measureStartup', { entry });
        samples.get(entry).push(await inSession(host, measure));
      }
    }
    for (const [entry, measured] of samples) {
      const imported = spread(measured.map((sample) => sample.imported));
      const authenticated = spread(measured.map((sample) => sample.authenticated));
      report.line(entry, `import ${spreadText(imported, 1)}   to auth ${spreadText(authenticated, 1)}`);
    }
  }
}
