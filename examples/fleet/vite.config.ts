import { pageConfig } from '../chat/page-config.ts';

export default pageConfig(import.meta.url, 'openclaw');
