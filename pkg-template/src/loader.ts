// The build takes `loader-slim` in place of this file for the entries that leave loading to the caller.
export { compiledModule } from './loader-inline.js';
