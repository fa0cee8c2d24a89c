import { startLeptosPage } from '../page/harness.mjs';
import { aRun } from '../page/scenarios.mjs';
import { testsOf } from '../page/tests-of.mjs';
import { LeptosChat } from './leptos-page.mjs';

aRun(testsOf({ start: startLeptosPage, Page: LeptosChat }));
