/** Exchanges recorded from a real API server, with a real control plane in it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface KubernetesExchange {
  readonly note: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    /** Who asks: `admin`, `daemon`, `nobody` (no role), `bad` (wrong token), `none` (no token). */
    readonly as: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: any;
    readonly events?: readonly any[];
    readonly endedBy?: string;
  };
}

const folder = join(__dirname, '..', 'fixtures', 'k8s');

export function recordedExchange(name: string): KubernetesExchange {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as KubernetesExchange;
}

export const recordedNames: readonly string[] = readdirSync(folder)
  .map((file) => file.replace(/\.json$/, ''))
  .sort();
