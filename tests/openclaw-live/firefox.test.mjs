// The packed entry in Firefox, against the released gateway.
import { inBrowser } from './support/hosts.mjs';
import { pages } from './support/pages.mjs';

pages(() => inBrowser('firefox'));
