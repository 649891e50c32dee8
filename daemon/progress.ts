/** How long work tells how far it is: to whoever asked for it, and to nobody by default. */
export interface ProgressEvent {
  /** What is being done, for a person: `writing to Kong`. */
  readonly step: string;
  /** How much of it is done, counted in the step's own things. */
  readonly done?: number;
  /** How much there is; absent where nobody knows. */
  readonly total?: number;
}

/** Called often, and from the middle of the work: it must be cheap and must not throw. */
export type ReportProgress = (event: ProgressEvent) => void;
