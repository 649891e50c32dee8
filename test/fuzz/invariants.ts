/** What must hold whatever is fuzzed. */
import { MeshdError, type Failure } from '../../catalog/error';
import { Broken, must } from './target';

/** A value that is a secret wherever an input has it. */
export const secret = 'CANARY-8c1f2e';

const prototypes = [Object, Array, Function, String, Number, Map, Set, Promise].map(
  ({ prototype }) => prototype as object,
);
const namesAtStart = prototypes.map(namesOf);

/** No input may leave something on what all objects share. */
export function mustLeavePrototypesAlone(): void {
  for (const [index, prototype] of prototypes.entries()) {
    const names = namesOf(prototype);
    if (names === namesAtStart[index]) continue;
    for (const name of Object.keys(prototype)) Reflect.deleteProperty(prototype, name);
    throw new Broken('a prototype was changed');
  }
}

function namesOf(prototype: object): string {
  return Reflect.ownKeys(prototype).map(String).join();
}

/** Runs what promises to fail with nothing but an error that the user can act on. */
export async function onlyMeshdErrors<T>(
  run: () => T | Promise<T>,
): Promise<
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: MeshdError }
> {
  try {
    return { ok: true, value: await run() };
  } catch (error) {
    if (!(error instanceof MeshdError)) throw error;
    mustBeSound([error.toFailure()]);
    return { ok: false, error };
  }
}

export interface FailureRules {
  /** The only file that may be named, and how many lines it has. */
  readonly file?: { readonly path: string; readonly lines: number };
  /** The secret is what something is called, and that is shown. */
  readonly secretIsName?: boolean;
}

/** Findings say something, name a place that exists, and hold no secret. */
export function mustBeSound(
  failures: readonly Failure[],
  { file, secretIsName = false }: FailureRules = {},
): void {
  for (const failure of failures) {
    const { code, message, remedy, place } = failure;
    must(/^[A-Z][A-Z0-9_]+$/.test(code), `a code is ${JSON.stringify(code)}`);
    must(message !== '' && remedy !== '', `${code} says nothing`);
    must(secretIsName || !JSON.stringify(failure).includes(secret), `${code} shows a secret`);
    if (!file || !place) continue;
    must(place.file === file.path, `${code} names the file ${place.file}`);
    const { line = 1, column = 1 } = place;
    must(
      Number.isInteger(line) && line >= 1 && line <= file.lines + 1 && column >= 1,
      `${code} stands at ${line}:${column} of ${file.lines} lines`,
    );
  }
}

export function linesIn(text: string): number {
  return text.split('\n').length;
}
