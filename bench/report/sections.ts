/** What each bench's figures mean: the words of the page. A figure without a line here has its name only. */
import { deckSection, syncSection } from './sections-deck';
import { pluginSections } from './sections-plugin';
import { reliabilitySections } from './sections-reliability';
import { scaleSection } from './sections-scale';
import { daemonSections } from './sections-daemon';

export interface FigureText {
  /** The key; where figures are by size, the key without its number. */
  readonly name: string;
  readonly unit: string;
  readonly means: string;
  /** What the number at the end of the key counts. */
  readonly by?: 'services' | 'gateways' | 'PDK calls' | 'requests at once';
}

export interface Chart {
  readonly file: string;
  readonly title: string;
  /** One sentence for who cannot see it. */
  readonly alt: string;
  readonly x: { readonly label: string; readonly scale: 'log' | 'categories' };
  readonly y: { readonly label: string; readonly scale: 'log' | 'linear' };
  /** Figures by size, without their number. */
  readonly series: readonly { readonly figure: string; readonly label: string }[];
}

export interface Section {
  readonly bench: string;
  readonly title: string;
  readonly about: string;
  readonly figures: readonly FigureText[];
  readonly charts?: readonly Chart[];
  /** Under the tables, such as a comparison with what others measured. */
  readonly note?: string;
}

/** In the order of the page. */
export const sections: readonly Section[] = [
  ...pluginSections,
  ...daemonSections,
  syncSection,
  deckSection,
  ...reliabilitySections,
  scaleSection,
];
