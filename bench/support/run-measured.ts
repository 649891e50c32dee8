/** Another program, run to its end, and what it used. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';

export interface ProgramUsage {
  readonly wallS: number;
  readonly cpuS: number;
  readonly rssMiB: number;
}

const sampleMs = 10;

/** The shell's own account of its children: exact, whereas the kernel forgets a process that ended. */
const script = '"$@" 3>&-; code=$?; times >&3; exit $code';

/**
 * `rssMiB` is the kernel's own peak, read every 10 ms: what a program gains in its very last
 * milliseconds is not in it.
 * @throws where the program fails, with the end of what it said.
 */
export async function runMeasured(program: string, argv: readonly string[]): Promise<ProgramUsage> {
  const startedAt = performance.now();
  const child = spawn('sh', ['-c', script, 'sh', program, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    // decK sends a ping on every command unless this is set.
    env: { ...process.env, DECK_ANALYTICS: 'off' },
  });
  let said = '';
  const listen = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-4_000);
  };
  child.stdout?.on('data', listen);
  child.stderr?.on('data', listen);
  let times = '';
  child.stdio[3]?.on('data', (chunk: Buffer) => (times += chunk.toString()));
  let peak = 0;
  const sampling = setInterval(() => {
    void peakOfChildren(child.pid ?? 0).then((kiB) => {
      peak = Math.max(peak, kiB);
    });
  }, sampleMs);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${program} ended with ${String(code)}: ${said.slice(-1_000)}`);
  } finally {
    clearInterval(sampling);
  }
  const wallS = (performance.now() - startedAt) / 1000;
  return { wallS, cpuS: cpuOfChildren(times), rssMiB: peak / 1024 };
}

/** In KiB; 0 before it runs and after it ended. */
async function peakOfChildren(pid: number): Promise<number> {
  try {
    const tasks = await readdir(`/proc/${String(pid)}/task`);
    const children = await readFile(`/proc/${String(pid)}/task/${tasks[0] ?? ''}/children`, 'utf8');
    const peaks = children
      .trim()
      .split(' ')
      .filter((child) => child !== '')
      .map(async (child) => {
        const status = await readFile(`/proc/${child}/status`, 'utf8');
        return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
      });
    return Math.max(0, ...(await Promise.all(peaks)));
  } catch {
    return 0;
  }
}

/** `times` prints two lines: the shell's own user and system time, and those of its children. */
function cpuOfChildren(times: string): number {
  const line = times.trimEnd().split('\n').at(-1) ?? '';
  const spans = [...line.matchAll(/(\d+)m([\d.]+)s/g)];
  if (spans.length !== 2) throw new Error(`times printed "${line}"`);
  return spans.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}
