/** Filling `{name}`, `{namespace}`, `{zone}` and `{port}` into the templates of expose rules. */
import type { MeshService, MeshServicePort } from '../../catalog/service';
import type { Json, JsonObject } from '../kong/model';

const placeholder = /\{(name|namespace|zone|port)\}/g;

export type Filled =
  | { readonly ok: true; readonly fields: JsonObject }
  /** The placeholder for which the mesh service has no value. */
  | { readonly ok: false; readonly missing: string };

/** Fills every text in a template, at any depth; other braces stay as they are. */
export function fillTemplate(
  template: JsonObject,
  service: MeshService,
  port: MeshServicePort,
): Filled {
  const values: Readonly<Record<string, string | undefined>> = {
    name: service.name,
    namespace: service.namespace,
    zone: service.zone,
    port: String(port.port),
  };
  const missing = new Set<string>();
  const fillText = (text: string): string =>
    text.replace(placeholder, (whole, name: string) => {
      const value = values[name];
      if (value === undefined) missing.add(name);
      // A path that starts with ~ is a regular expression, in which a dot of a name is any character.
      return text.startsWith('~') ? escapePattern(value ?? '') : (value ?? whole);
    });
  const fill = (value: Json): Json => {
    if (typeof value === 'string') return fillText(value);
    if (Array.isArray(value)) return (value as readonly Json[]).map(fill);
    return typeof value === 'object' && value !== null ? fillObject(value as JsonObject) : value;
  };
  const fillObject = (object: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(object).map(([key, value]) => [key, fill(value)]));
  const fields = fillObject(template);
  const [first] = missing;
  return first === undefined ? { ok: true, fields } : { ok: false, missing: first };
}

/** Whether the placeholder of the port stands in a text: then each port gets a name of its own. */
export function namesPort(text: unknown): boolean {
  return typeof text === 'string' && text.includes('{port}');
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
