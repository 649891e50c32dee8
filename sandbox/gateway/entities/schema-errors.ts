/**
 * What is wrong with an entity, in the shape Kong reports it: by field, nested where the field is,
 * with rules over several fields under `@entity`.
 */

/** The error of one value: a sentence, the errors of its parts, or those of its elements by place. */
export type SchemaError = string | SchemaErrors | SchemaErrorList;

export interface SchemaErrors {
  [field: string]: SchemaError;
}

/** Errors of list elements; `null` stands where the element is good. */
export type SchemaErrorList = (SchemaError | null)[];

/** The key of errors that concern several fields. */
export const entityKey = '@entity';

export function isErrorList(error: SchemaError | null | undefined): error is SchemaErrorList {
  return Array.isArray(error);
}

export function isErrorTree(error: SchemaError | null | undefined): error is SchemaErrors {
  return typeof error === 'object' && error !== null && !Array.isArray(error);
}

/** Puts an error at a place, making the holes before it explicit. */
export function setElementError(list: SchemaErrorList, index: number, error: SchemaError): void {
  while (list.length < index) list.push(null);
  list[index] = error;
}

/** Adds a sentence to `@entity`. */
export function addEntityError(errors: SchemaErrors, message: string): void {
  const list = errors[entityKey];
  if (isErrorList(list)) list.push(message);
  else errors[entityKey] = [message];
}

/**
 * As the REST endpoints print them: without the holes of good elements. (`POST /config` keeps them.)
 */
export function withoutHoles(error: SchemaErrors): SchemaErrors {
  const out: SchemaErrors = {};
  for (const [field, value] of Object.entries(error)) out[field] = compact(value);
  return out;
}

function compact(error: SchemaError): SchemaError {
  if (typeof error === 'string') return error;
  if (isErrorList(error)) return error.filter((entry) => entry !== null).map(compact);
  return withoutHoles(error);
}
