/**
 * Errors as a catalogue: each area declares its codes once, with the sentence the user reads and the
 * remedy; the reference page is generated from these declarations.
 */

import { visible } from './text';

/** Where in the user's input something stands. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** What one finding says, as a value: the same for a thrown error and for a collected failure. */
export interface Failure {
  /** Stable, upper snake case: what scripts and docs refer to. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** One sentence: what is wrong and why. */
  readonly message: string;
  /** One sentence: what to do about it. */
  readonly remedy: string;
  readonly place?: Place;
  /** The entity it concerns, as users write it: `route orders`, `service backend`. */
  readonly entity?: string;
}

/** The declaration of one code. `{name}` in the texts is replaced by the detail of that name. */
export interface ErrorSpec {
  readonly message: string;
  readonly remedy: string;
  /** `warning` for findings that stop nothing. Default `error`. */
  readonly severity?: 'error' | 'warning';
}

export type Details = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Context {
  readonly place?: Place | undefined;
  readonly entity?: string | undefined;
  readonly cause?: unknown;
}

/** A mistake or an outage that the user can act on: printed without a stack. */
export class MeshdError extends Error implements Failure {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly remedy: string;
  readonly place?: Place;
  readonly entity?: string;

  constructor(failure: Failure, cause?: unknown) {
    super(failure.message, cause === undefined ? undefined : { cause });
    this.name = 'MeshdError';
    this.code = failure.code;
    this.severity = failure.severity;
    this.remedy = failure.remedy;
    if (failure.place) this.place = failure.place;
    if (failure.entity !== undefined) this.entity = failure.entity;
  }

  /** The same finding as a plain value, for reports and JSON. */
  toFailure(): Failure {
    return {
      code: this.code,
      severity: this.severity,
      message: this.message,
      remedy: this.remedy,
      ...(this.place ? { place: this.place } : {}),
      ...(this.entity === undefined ? {} : { entity: this.entity }),
    };
  }
}

export interface ErrorCatalogue<Code extends string> {
  readonly specs: Readonly<Record<Code, ErrorSpec>>;
  /** The finding as a value, for what is collected and reported while the rest goes on. */
  failure(code: Code, details?: Details, context?: Context): Failure;
  /** The finding as an error, for what ends the operation. */
  error(code: Code, details?: Details, context?: Context): MeshdError;
}

/** Declares the codes of one area. Codes are unique over all areas; a test holds that. */
export function defineErrors<const Code extends string>(
  specs: Readonly<Record<Code, ErrorSpec>>,
): ErrorCatalogue<Code> {
  const failure = (code: Code, details: Details = {}, context: Context = {}): Failure => {
    const spec = specs[code];
    return {
      code,
      severity: spec.severity ?? 'error',
      message: fill(spec.message, details),
      remedy: fill(spec.remedy, details),
      ...(context.place ? { place: context.place } : {}),
      ...(context.entity === undefined ? {} : { entity: visible(context.entity) }),
    };
  };
  return {
    specs,
    failure,
    error: (code, details, context) =>
      new MeshdError(failure(code, details, context), context?.cause),
  };
}

/** Whether any of these findings stops something: warnings do not. */
export function hasErrors(failures: readonly Failure[]): boolean {
  return failures.some(({ severity }) => severity === 'error');
}

/** `file:line:column`, as far as known: what editors and CI turn into a link. */
export function formatPlace(place: Place): string {
  return [place.file, place.line, place.column].filter((part) => part !== undefined).join(':');
}

function fill(template: string, details: Details): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = details[name];
    // A name may come from the mesh or a server: it must not end the line or steer the terminal.
    return value === undefined ? whole : visible(String(value));
  });
}
