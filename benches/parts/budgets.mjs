import { readFileSync } from 'node:fs';

/**
 * What is demanded: the highest ratio by bytes of a frame, the highest ratio of a replay by what follows it, the lowest
 * ratio of throughput by bytes of a chunk, the highest number of bytes after gzip by entry.
 */
export const budgets = JSON.parse(readFileSync(new URL('../budgets.json', import.meta.url), 'utf8'));
