/**
 * What is measured inside a host. Each takes the environment `{ packageUrl, slimFile, WebSocket }` and an argument, both
 * of plain data save for the constructor, and resolves with plain data.
 */
export { measureFrames } from './frames.mjs';
export { measureMux } from './mux.mjs';
export { measureReplay } from './replay.mjs';
export { measureStartup } from './startup.mjs';
export { measureThroughput } from './throughput.mjs';
export { measureTranscript } from './transcript.mjs';
export { measureOpenClaw } from './openclaw.mjs';
