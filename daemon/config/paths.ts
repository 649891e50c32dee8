/** What settings exist, read off the JSON Schema: for hints and for environment variables. */
import * as z from 'zod';

import { Config } from './schema';

export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly description?: string;
  readonly default?: unknown;
}

let schema: JsonSchema | undefined;

/** The JSON Schema (2020-12) of kong-meshd.yaml as users write it. */
export function configJsonSchema(): JsonSchema {
  schema ??= z.toJSONSchema(Config, { io: 'input' }) as JsonSchema;
  return schema;
}

/** The keys allowed at a path, over all variants that the schema has there. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] {
  let nodes: readonly JsonSchema[] = [configJsonSchema()];
  for (const part of path) nodes = nodes.flatMap((node) => children(node, part));
  return [
    ...new Set(nodes.flatMap(variants).flatMap((node) => Object.keys(node.properties ?? {}))),
  ];
}

/** The schemas of one child of a node: a property, or any item of a list. */
export function children(node: JsonSchema, part: PropertyKey): readonly JsonSchema[] {
  return variants(node).flatMap((variant) => {
    const child = typeof part === 'number' ? variant.items : variant.properties?.[String(part)];
    return child ? [child] : [];
  });
}

/** A node and what its unions and references stand for. */
export function variants(node: JsonSchema): readonly JsonSchema[] {
  const target = node.$ref === undefined ? undefined : resolve(node.$ref);
  const others = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])];
  return [node, ...(target ? variants(target) : []), ...others.flatMap(variants)];
}

function resolve(reference: string): JsonSchema | undefined {
  return configJsonSchema().$defs?.[reference.replace('#/$defs/', '')];
}
