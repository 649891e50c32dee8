/** `kong-meshd demo` as its users start it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { eventually } from '../../sandbox/eventually';
import { cli, root } from './programs';

interface Demo {
  readonly output: { stdout: string; stderr: string };
  readonly exited: Promise<number | null>;
  stop(): void;
  /** Whether any process that it started is still there. */
  leftOver(): boolean;
}

const running: Demo[] = [];

function startDemo(...flags: string[]): Demo {
  // A process group of its own tells what it leaves behind.
  const child = spawn(process.execPath, [cli, 'demo', ...flags], { cwd: root, detached: true });
  const { pid = 0 } = child;
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const demo: Demo = {
    output,
    exited: once(child, 'close').then(([code]) => code as number | null),
    stop: () => void child.kill('SIGTERM'),
    leftOver() {
      try {
        process.kill(-pid, 0);
        return true;
      } catch {
        return false;
      }
    },
  };
  running.push(demo);
  return demo;
}

afterEach(async () => {
  for (const demo of running.splice(0)) {
    demo.stop();
    await demo.exited;
  }
});

const minute = 60_000;

it(
  'ends by itself with a summary for machines as its last line, and leaves nothing behind',
  async () => {
    const demo = startDemo('--json');

    const code = await demo.exited;

    const lines = demo.output.stdout.trimEnd().split('\n');
    const summary = JSON.parse(lines.at(-1) ?? '') as { steps: { name: string; ok: boolean }[] };
    expect(demo.output.stderr).toBe('');
    expect(lines).toHaveLength(1);
    expect(summary).toMatchObject({ ok: true });
    expect(summary.steps.length).toBeGreaterThanOrEqual(8);
    expect(summary.steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(code).toBe(0);
    expect(demo.leftOver()).toBe(false);
  },
  minute,
);

it(
  'tells a reader what happens, step by step',
  async () => {
    const demo = startDemo();

    const code = await demo.exited;

    const { stdout } = demo.output;
    const titles = [...stdout.matchAll(/^(\d+)\. (.+)$/gm)].map(([, number]) => Number(number));
    expect(titles).toEqual(titles.map((_, index) => index + 1));
    expect(stdout).toMatch(/service payments .*was payments\.internal:8080/);
    expect(stdout).toMatch(/service crm .*untouched/);
    expect(stdout).toMatch(/GET \/orders\S* → 200 by orders-a/);
    expect(stdout).toMatch(/GET \/orders\S* → 503 .*UPSTREAM_SERVICE_UNKNOWN/);
    expect(stdout).toMatch(/\n(\d+) of \1 steps ok\n$/);
    expect(stdout).not.toMatch(/undefined|\[object Object\]|NaN/);
    expect(code).toBe(0);
  },
  minute,
);

it.each([
  ['in the middle', 'its daemon is up', '\n3. ', ['--pace', '300']],
  ['while it starts', 'it has begun', 'stand-ins', []],
])(
  'stops %s when it is asked to, and leaves nothing behind',
  async (_, what, printed, flags) => {
    const demo = startDemo('--keep', ...flags);
    await eventually(what, () => demo.output.stdout.includes(printed) || undefined, minute);

    demo.stop();
    const code = await demo.exited;

    expect(code).toBe(1);
    expect(demo.leftOver()).toBe(false);
  },
  minute,
);

it(
  'keeps everything working where it is asked to stay, beside another demo',
  async () => {
    const [kept, other] = [startDemo('--keep'), startDemo('--json')];
    const up = (): true | undefined => kept.output.stdout.includes('stays up') || undefined;
    await eventually('it stays', up, minute);

    const { stdout } = kept.output;
    const page = /Look at (\S+)/.exec(stdout)![1]!;
    const orders = /curl -i (\S+)/.exec(stdout)![1]!;

    expect(stdout).toMatch(/\n {2}curl/);
    expect(stdout.indexOf(page)).toBeLessThan(stdout.indexOf('curl'));
    expect((await fetch(page)).status).toBe(200);
    expect((await fetch(orders)).status).toBe(200);
    // What it printed tells which step failed.
    const code = await other.exited;
    expect([code, other.output]).toEqual([0, { stdout: expect.any(String), stderr: '' }]);
  },
  2 * minute,
);
