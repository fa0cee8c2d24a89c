// The packed entry in Chromium, against the released gateway.
import { inBrowser } from './support/hosts.mjs';
import { pages } from './support/pages.mjs';

pages(() => inBrowser('chromium'));
