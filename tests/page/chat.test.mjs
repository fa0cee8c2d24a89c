import { chatTest } from './fixture.mjs';
import { aBrokenConnection, aRun, aToken } from './scenarios.mjs';

aRun(chatTest);
aBrokenConnection(chatTest);
aToken(chatTest);
