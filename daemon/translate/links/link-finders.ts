import type { LinkFinder } from '../link-claim';
import { hostLink } from './host';
import { pluginLink } from './plugin';
import { tagLink } from './tag';

/** Every way to name a mesh service, the most explicit first: where two name one service it wins. */
export const linkFinders: readonly LinkFinder[] = [pluginLink, tagLink, hostLink];
