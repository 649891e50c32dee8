/** What a bench found, by the name that issues and documents call a number. */
export type Figures = Readonly<Record<string, number>>;
