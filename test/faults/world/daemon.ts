/** The daemon as a process: what it logs, what it counts, and whether it is content. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startNode, type Child } from '../../../sandbox/child';
import { eventually } from '../../../sandbox/eventually';
import type { Control } from './preload';

const cli = join(__dirname, '..', '..', '..', 'daemon', 'cli', 'main.js');
const preload = join(__dirname, 'preload.js');

export interface Daemon {
  readonly child: Child;
  /** Resolves when it has said that it runs; rejects where it ends instead. */
  started(): Promise<void>;
  /** Codes of the findings that it logged from a place in its log on, each once. */
  codes(from?: number): readonly string[];
  /** The place in its log up to now. */
  readonly logged: number;
  /** Codes that stand and whether the last pass went well; undefined where it cannot be asked. */
  state(): Promise<DaemonState | undefined>;
  /** Values of its counters by name and labels. */
  counters(): Promise<ReadonlyMap<string, number>>;
  /** Shifts its clock, fills its disk, or has it end at a step. */
  control(control: Control): Promise<void>;
}

export interface DaemonState {
  /** Of its status page. */
  readonly verdict: string;
  /** The newest pass did not fail. */
  readonly well: boolean;
  readonly findings: readonly string[];
  readonly services: number;
}

interface LogLine {
  readonly msg?: string;
  readonly code?: string;
  readonly url?: string;
}

export interface DaemonOptions {
  readonly configFile: string;
  /** What the preload reads. */
  readonly controlFile: string;
  readonly control?: Control;
}

/** Starts the program with what the preload can do to it. */
export function startProgram(
  args: readonly string[],
  controlFile: string,
  stderrTo?: string,
): Child {
  return startNode(['-r', preload, cli, ...args], {
    env: { FAULTS_CONTROL: controlFile },
    ...(stderrTo === undefined ? {} : { stderrTo }),
  });
}

export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { configFile, controlFile, control = {} } = options;
  await writeFile(controlFile, JSON.stringify(control));
  const child = startProgram(['run', '--config', configFile], controlFile);
  const ended = child.exited.then((code) => {
    throw new Error(`the daemon ended with ${code}: ${child.stderr.slice(-2_000)}`);
  });
  ended.catch(() => undefined);

  function lines(from = 0): readonly LogLine[] {
    return child.stderr
      .slice(from)
      .split('\n')
      .flatMap((line): LogLine[] =>
        line.startsWith('{') && line.endsWith('}') ? [parse(line)] : [],
      );
  }

  async function get(path: string): Promise<string | undefined> {
    const url = lines().find(({ msg }) => msg === 'status server listens')?.url;
    if (url === undefined) return undefined;
    const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(5_000) });
    return response.text();
  }

  return {
    child,
    async started() {
      const said = eventually(
        'the daemon says that it runs',
        () => (lines().some(({ msg }) => msg === 'started') ? true : undefined),
        60_000,
      );
      await Promise.race([said, ended]);
    },
    codes: (from) => [
      ...new Set(lines(from).flatMap(({ msg, code }) => (msg === 'finding' && code ? [code] : []))),
    ],
    get logged() {
      return child.stderr.length;
    },
    async state() {
      const text = await get('/status.json').catch(() => undefined);
      if (text === undefined) return undefined;
      const { verdict, findings, catalog } = JSON.parse(text) as {
        verdict: string;
        findings: { code: string }[];
        catalog: { services: number };
      };
      const well = verdict !== 'failing' && verdict !== 'waiting';
      return {
        verdict,
        well,
        findings: findings.map(({ code }) => code),
        services: catalog.services,
      };
    },
    async counters() {
      const text = (await get('/metrics').catch(() => undefined)) ?? '';
      const counters = new Map<string, number>();
      for (const line of text.split('\n')) {
        const [, name, value] = /^(kong_meshd_\w+_total(?:\{[^}]*\})?) (\S+)$/.exec(line) ?? [];
        if (name !== undefined) counters.set(name, Number(value));
      }
      return counters;
    },
    async control(next) {
      await writeFile(controlFile, JSON.stringify(next));
      child.kill('SIGUSR2');
    },
  };
}

function parse(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return {};
  }
}
