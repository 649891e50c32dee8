import { checkEntity } from '../entities/check-entity';
import { entityTypes } from '../entities/entity-types';
import { schemaViolation } from '../entities/error-bodies';
import type { AdminContext } from './admin-context';
import { methodNotAllowed, notFound, ok } from './reply';
import type { Reply } from './reply';

/**
 * `/schemas/<type>`, `/schemas/plugins/<name>`, and `/schemas/<type>/validate`, which checks one entity
 * alone: neither references nor uniqueness.
 *
 * @param rest the path's segments behind `schemas`.
 */
export function answerSchemas(
  context: AdminContext,
  method: string,
  rest: readonly string[],
  body: Readonly<Record<string, unknown>>,
): Reply {
  const [name, second, third] = rest;
  if (name === undefined || third !== undefined) return notFound;
  if (second === 'validate') {
    return method === 'POST' ? validate(context, name, body) : methodNotAllowed;
  }
  if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed;
  if (second === undefined) {
    const type = entityTypes.get(name);
    return type ? ok(type.document) : unknownEntity(name);
  }
  if (name !== 'plugins') return notFound;
  const plugin = context.plugins.get(second);
  return plugin
    ? ok(plugin.document)
    : { status: 404, body: { message: `No plugin named '${second}'` } };
}

function validate(
  context: AdminContext,
  name: string,
  body: Readonly<Record<string, unknown>>,
): Reply {
  const type = entityTypes.get(name);
  if (!type) return unknownEntity(name);
  const { errors } = checkEntity(type, body, context.plugins);
  return errors
    ? { status: 400, body: schemaViolation(errors) }
    : ok({ message: 'schema validation successful' });
}

function unknownEntity(name: string): Reply {
  return { status: 404, body: { message: `No entity named '${name}'` } };
}
