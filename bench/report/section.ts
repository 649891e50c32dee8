/** What the words of one bench consist of. */

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
