import { isRecord } from '../entities/fill-defaults';
import type { Field, RecordSchema } from '../entities/schema';

/** Form fields are texts: this makes of them what the schema has in their place. */
export function inferTypes(
  schema: RecordSchema,
  input: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [
      name,
      inferValue(schema.fields.get(name), value),
    ]),
  );
}

function inferValue(field: Field | undefined, value: unknown): unknown {
  if (!field) return value;
  if (field.record && isRecord(value)) return inferTypes(field.record, value);
  if (field.type === 'set' || field.type === 'array') {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    return list.map((entry) => inferValue(field.elements, entry));
  }
  if (typeof value !== 'string') return value;
  if (field.type === 'integer' || field.type === 'number') {
    return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
  }
  if (field.type === 'boolean' && /^(true|false)$/.test(value)) return value === 'true';
  return value;
}
