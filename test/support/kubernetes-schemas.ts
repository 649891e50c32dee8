/** Objects held to the published schemas of the Kubernetes API, where an unknown field is an error. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

interface Schemas {
  readonly kinds: Readonly<Record<string, string>>;
  readonly $defs: Readonly<Record<string, object>>;
}

const folder = join(__dirname, '..', 'fixtures', 'k8s-schemas');
const files = [
  'kubernetes-1.36.json',
  'ingressclassparameters.json',
  'kong-operator.json',
  'kong-ingress-controller.json',
  'gateway-api.json',
  'kuma.json',
].map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Schemas);
const kinds = new Map(files.flatMap((file) => Object.entries(file.kinds)));
const definitions = Object.fromEntries(files.flatMap((file) => Object.entries(file.$defs)));
const made = new Map<string, z.ZodType>();

function schemaOf(definition: string): z.ZodType {
  const schema = made.get(definition) ?? z.fromJSONSchema(withDefinitions(definition));
  made.set(definition, schema);
  return schema;
}

function withDefinitions(definition: string) {
  const $ref = `#/$defs/${definition}`;
  return { $ref, $defs: definitions } as Parameters<typeof z.fromJSONSchema>[0];
}

/**
 * What an API server with strict field validation would refuse, by path; empty where it takes it.
 * @throws Error for a kind whose schema is not at hand.
 */
export function problemsOf(object: unknown): readonly string[] {
  const { apiVersion, kind } = object as { readonly apiVersion?: string; readonly kind?: string };
  const definition = kinds.get(`${apiVersion ?? ''} ${kind ?? ''}`);
  if (definition === undefined) throw new Error(`there is no schema of ${apiVersion} ${kind}`);
  const { error } = schemaOf(definition).safeParse(object);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}
