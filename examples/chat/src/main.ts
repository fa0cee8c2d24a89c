import { gatewayUrl, userId } from './api';
import { showProblem } from './banner';
import { required } from './dom';
import { ChatPage } from './page';
import { setUpTheme } from './theme';

setUpTheme(required<HTMLButtonElement>('theme'));
try {
  new ChatPage(gatewayUrl(), userId()).open();
} catch (error) {
  showProblem(required('banner'), (error as Error).message);
  throw error;
}
