import { compareBytes, formatLuaPretty, formatLuaTable } from './lua-text';
import { entityKey, isErrorList, isErrorTree, withoutHoles } from './schema-errors';
import type { SchemaErrors } from './schema-errors';

/** The error bodies of Kong's REST endpoints, sentences and codes as recorded. */
export interface ErrorBody {
  readonly message: string;
  readonly name?: string;
  readonly code?: number;
  readonly fields?: unknown;
  readonly [key: string]: unknown;
}

export function schemaViolation(errors: SchemaErrors): ErrorBody {
  const messages = listMessages(errors);
  const count = messages.length === 1 ? 'schema violation' : `${messages.length} schema violations`;
  return {
    name: 'schema violation',
    code: 2,
    message: `${count} (${messages.join('; ')})`,
    fields: withoutHoles(errors),
  };
}

export function primaryKeyViolation(id: string): ErrorBody {
  return {
    name: 'primary key violation',
    code: 3,
    message: `primary key violation on key '${formatLuaTable({ id })}'`,
    fields: { id },
  };
}

export function foreignKeyViolation(field: string, id: string, referenced: string): ErrorBody {
  return {
    name: 'foreign key violation',
    code: 4,
    message: `the foreign key '${formatLuaTable({ id })}' does not reference an existing '${referenced}' entity.`,
    fields: { [field]: { id } },
  };
}

export function stillReferenced(type: string, by: string): ErrorBody {
  return {
    name: 'foreign key violation',
    code: 4,
    message: `an existing '${by}' entity references this '${type}' entity`,
    fields: { '@referenced_by': by },
  };
}

export function uniqueViolation(fields: Readonly<Record<string, unknown>>): ErrorBody {
  return {
    name: 'unique constraint violation',
    code: 5,
    message: `UNIQUE violation detected on '${formatLuaTable(fields)}'`,
    fields,
  };
}

export function entityNotFound(key: Readonly<Record<string, unknown>>): ErrorBody {
  return {
    name: 'not found',
    code: 6,
    message: `could not find the entity with '${formatLuaTable(key)}'`,
    fields: key,
  };
}

export function unresolvedForeignKey(
  field: string,
  key: Readonly<Record<string, unknown>>,
  referenced: string,
): ErrorBody {
  const [name = 'id'] = Object.keys(key);
  const message = `the foreign key cannot be resolved with '${formatLuaTable(key)}' for an existing '${referenced}' entity`;
  return {
    name: 'foreign keys unresolved',
    code: 13,
    message: `foreign key unresolved (${field}.${name}: ${message})`,
    fields: { [field]: { [name]: message } },
  };
}

/** Errors of several fields first, then by field; one level of nesting is written as a path. */
function listMessages(errors: SchemaErrors): string[] {
  const ofEntity = errors[entityKey];
  const messages = isErrorList(ofEntity) ? ofEntity.map(String) : [];
  for (const field of Object.keys(errors).sort(compareBytes)) {
    const error = errors[field];
    if (field === entityKey || error === undefined) continue;
    if (isErrorList(error)) {
      error.forEach((entry, index) => {
        if (entry !== null) messages.push(`${field}.${index + 1}: ${formatNested(entry)}`);
      });
    } else if (isErrorTree(error)) {
      for (const key of Object.keys(error).sort(compareBytes)) {
        messages.push(`${field}.${key}: ${formatNested(error[key])}`);
      }
    } else {
      messages.push(`${field}: ${error}`);
    }
  }
  return messages;
}

function formatNested(error: unknown): string {
  return typeof error === 'string' ? error : formatLuaPretty(error);
}
