/** `npm run bench -- all`: every bench, and one document of what they found. */
import { allBenches } from './all-benches';
import { judge, type Verdict } from './bounds';
import { describeMachine, loadAverage, revision } from './report/machine';
import { measure } from './report/measure';
import type { Entry, Results } from './report/results';

export interface Judged extends Entry {
  readonly bounds: readonly Verdict[];
}

export interface AllResults {
  readonly date: string;
  readonly revision: string;
  readonly machine: ReturnType<typeof describeMachine>;
  readonly load: { readonly before: number; readonly after: number };
  readonly benches: Readonly<Record<string, Judged>>;
}

/**
 * Runs these, in the order given. One that fails does not stop the rest.
 * @param argv for each of them, in place of what the list of benches says.
 */
export async function runAll(
  names: readonly string[],
  argv: readonly string[] = [],
): Promise<AllResults> {
  const date = new Date().toISOString();
  const before = loadAverage();
  const benches: Record<string, Judged> = {};
  for (const name of names) {
    const entry = await measure(name, argv.length > 0 ? argv : (allBenches[name]?.inAll ?? []));
    const said = entry.failed ?? entry.skipped ?? `${String(entry.seconds)} s`;
    process.stderr.write(`all: ${name}: ${said}\n`);
    benches[name] = { ...entry, bounds: boundsOf(name, entry) };
  }
  const load = { before, after: loadAverage() };
  return { date, revision: revision(), machine: describeMachine(), load, benches };
}

/** A bench that could not run here has broken nothing; one that failed holds nothing. */
function boundsOf(name: string, { figures, skipped }: Entry): readonly Verdict[] {
  return skipped === undefined ? judge(name, figures) : [];
}

/** Whether all ran or had a reason not to, and all bounds hold. */
export function allHold({ benches }: Pick<AllResults, 'benches'>): boolean {
  return Object.values(benches).every(
    ({ failed, bounds }) => failed === undefined && bounds.every(({ holds }) => holds),
  );
}

/** Without the verdicts: those follow from the figures and the table of bounds. */
export function entriesOf({ benches }: Pick<AllResults, 'benches'>): Results {
  return Object.fromEntries(
    Object.entries(benches).map(([name, { bounds: _bounds, ...entry }]) => [name, entry]),
  );
}
