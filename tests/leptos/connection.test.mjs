import { describe } from 'node:test';
import { startLeptosPage } from '../page/harness.mjs';
import { LeptosChat } from './leptos-page.mjs';
import { aBrokenConnection, aToken } from '../page/scenarios.mjs';
import { SIDE_BY_SIDE, testsOf } from '../page/tests-of.mjs';

const leptosTest = testsOf({ start: startLeptosPage, Page: LeptosChat });

aBrokenConnection(leptosTest);
aToken(leptosTest);

describe('with a gateway that has no v2, the page', SIDE_BY_SIDE, () => {
  for (const fault of ['drop', 'expireToken']) {
    leptosTest(
      `loses nothing of a run after ${fault}`,
      async (chat) => {
        const operationId = await chat.send('long', { speed: 'Fast' });
        await chat.shows(50);
        if (fault !== 'drop') await chat.press(fault);
        await chat.press('drop');
        await chat.badgeWas('reconnecting');
        await chat.endsAs('completed');
        await chat.streamedWhole(operationId);
      },
      { v1Only: true },
    );
  }
});
