import { required } from '../../chat/src/dom';
import { setUpTheme } from '../../chat/src/theme';
import { FleetPage } from './page';

setUpTheme(required<HTMLButtonElement>('theme'));
new FleetPage().open();
