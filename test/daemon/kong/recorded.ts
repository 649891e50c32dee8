/** Exchanges recorded from a real Kong 3.9.1. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { EntityType, JsonObject } from '../../../daemon/kong/model';
import { isEntityType } from '../../../daemon/kong/kinds';

const root = join(__dirname, '../../fixtures/kong');

export interface Exchange {
  readonly name: string;
  readonly request: { readonly method: string; readonly path: string; readonly body: any };
  readonly response: { readonly status: number; readonly body: any };
}

export function exchange(path: string): Exchange {
  return { name: path, ...JSON.parse(readFileSync(join(root, `${path}.json`), 'utf8')) };
}

export function exchangesOf(folder: string): readonly Exchange[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => exchange(join(folder, name.replace(/\.json$/, ''))));
}

export interface RecordedSchemas {
  /** Bodies of `GET /schemas/<type>`. */
  readonly entities: Readonly<Partial<Record<EntityType, JsonObject>>>;
  /** Bodies of `GET /schemas/plugins/<name>`. */
  readonly plugins: Readonly<Record<string, JsonObject>>;
}

export function recordedSchemas(): RecordedSchemas {
  const entities: Partial<Record<EntityType, JsonObject>> = {};
  const plugins: Record<string, JsonObject> = {};
  for (const { name, response } of exchangesOf('schemas')) {
    const file = name.slice('schemas/'.length);
    if (response.status !== 200) continue;
    if (file.startsWith('plugin-')) plugins[file.slice('plugin-'.length)] = response.body;
    else if (isEntityType(file)) entities[file] = response.body;
  }
  return { entities, plugins };
}

/** Small documents, and what a Kong 3.9.3 without a database said to each: 201 or 400. */
export function verdicts(): readonly (readonly [document: string, status: number])[] {
  const recorded = JSON.parse(readFileSync(join(root, 'verdicts.json'), 'utf8')) as readonly {
    readonly document: JsonObject;
    readonly status: number;
  }[];
  return recorded.map(({ document, status }) => [
    JSON.stringify({ _format_version: '3.0', ...document }),
    status,
  ]);
}
