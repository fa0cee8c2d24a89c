import { chatTest } from './fixture.mjs';
import { scenarios } from './scenarios.mjs';

scenarios(chatTest);
