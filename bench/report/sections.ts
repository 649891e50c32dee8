/** What each bench's figures mean: the words of the page. A figure without a line here has its name only. */
import type { Section } from './section';
import { deckSection, startSection, syncSection } from './sections-deck';
import { pluginSections } from './sections-plugin';
import { reliabilitySections } from './sections-reliability';
import { scaleSection } from './sections-scale';
import { daemonSections } from './sections-daemon';

/** In the order of the page. */
export const sections: readonly Section[] = [
  ...pluginSections,
  ...daemonSections,
  startSection,
  syncSection,
  deckSection,
  ...reliabilitySections,
  scaleSection,
];
