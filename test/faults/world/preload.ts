/**
 * Loaded into a process before its program (`node -r`): shifts its wall clock, has it end itself at a
 * step of writing a file, or has its disk be full. `FAULTS_CONTROL` names a file that says what;
 * SIGUSR2 has it read.
 */
import { readFileSync } from 'node:fs';
import promises from 'node:fs/promises';
import { basename } from 'node:path';

export interface Control {
  /** Milliseconds by which the wall clock is ahead. */
  readonly shiftMs?: number;
  /** Ends the process at this step of replacing the file with this name. */
  readonly die?: {
    readonly file: string;
    readonly at: WriteStep;
    readonly signal: NodeJS.Signals;
  };
  /** What a new file in this folder is answered with. */
  readonly refuse?: { readonly folder: string; readonly code: string };
}

/** The temporary file is there and empty; it is whole; the new file is in its place. */
export type WriteStep = 'begun' | 'written' | 'replaced';

let control: Control = {};
const path = process.env['FAULTS_CONTROL'];

function read(): void {
  if (path === undefined) return;
  try {
    control = JSON.parse(readFileSync(path, 'utf8')) as Control;
  } catch {
    control = {};
  }
}

read();
process.on('SIGUSR2', read);

const RealDate = Date;
const realNow = Date.now.bind(Date);
const now = (): number => realNow() + (control.shiftMs ?? 0);
class ShiftedDate extends RealDate {
  constructor(...args: [] | [number | string | Date]) {
    super(args.length === 0 ? now() : args[0]);
  }
  static override now(): number {
    return now();
  }
}
globalThis.Date = ShiftedDate as DateConstructor;

async function dieAt(step: WriteStep, file: string): Promise<void> {
  const { die } = control;
  if (die?.at !== step || die.file !== file) return;
  control = {};
  process.kill(process.pid, die.signal);
  // SIGKILL ends it here; SIGTERM is dealt with while the program goes on.
  if (die.signal === 'SIGKILL') await new Promise(() => undefined);
}

/** `.catalog.json.12.ab34.tmp` → `catalog.json` */
function targetOf(temporary: string): string | undefined {
  return /^\.(.+)\.\d+\.[0-9a-f]+\.tmp$/.exec(basename(temporary))?.[1];
}

const { open, rename } = promises;
promises.open = async (...args: Parameters<typeof open>) => {
  const { refuse } = control;
  const [file, flags] = args;
  const name = String(file);
  if (refuse && flags === 'wx' && name.startsWith(refuse.folder)) {
    throw Object.assign(new Error(refuse.code), { code: refuse.code });
  }
  const handle = await open(...args);
  const target = flags === 'wx' ? targetOf(name) : undefined;
  if (target !== undefined) await dieAt('begun', target);
  return handle;
};
promises.rename = (async (from: string, to: string) => {
  await dieAt('written', basename(to));
  await rename(from, to);
  await dieAt('replaced', basename(to));
}) as typeof rename;
