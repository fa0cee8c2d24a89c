// The tests of the page without a framework.
import { startPage } from './harness.mjs';
import { testsOf } from './tests-of.mjs';

export { SIDE_BY_SIDE } from './tests-of.mjs';

export const chatTest = testsOf({ start: startPage });
