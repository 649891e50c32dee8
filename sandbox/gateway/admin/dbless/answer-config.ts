import { createHash } from 'node:crypto';
import { emptyConfigHash } from '../../config-view';
import type { AdminContext } from '../admin-context';
import type { AdminRequest } from '../admin-request';
import { methodNotAllowed, ok } from '../reply';
import type { Reply } from '../reply';
import { exportDocument } from './export-document';
import { invalidText, loadDocument } from './load-document';
import { parseConfigText } from './parse-document';

/** `/config`: the whole state of a node without a database, as one document. */
export function answerConfig(context: AdminContext, request: AdminRequest): Reply {
  const { method } = request;
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') return methodNotAllowed;
  if (context.mode === 'db') {
    const message = 'this endpoint is only available when Kong is configured to not use a database';
    return { status: 400, body: { message } };
  }
  return method === 'POST' ? postConfig(context, request) : ok({ config: exportDocument(context) });
}

/**
 * Takes a document: as text (YAML, or the field `config`) or as the JSON body itself. Only a text has a
 * hash that comes again, so only with one does `check_hash=1` give 304 (seen).
 */
function postConfig(context: AdminContext, request: AdminRequest): Reply {
  const { value, yaml } = request.body;
  const { config, check_hash: checkInBody, flatten_errors: flattenInBody, ...rest } = value;
  const text = yaml ?? config;
  const checksHash = isOne(request.query.get('check_hash') ?? checkInBody);
  const flatten = isOne(request.query.get('flatten_errors') ?? flattenInBody);
  if (text === undefined) {
    // Kong's hash of a JSON document covers the times it fills in, so it is another each second.
    const salt = Math.floor(context.now() / 1000);
    return apply(context, rest, md5(`${JSON.stringify(rest)} ${salt}`), flatten);
  }
  const hash = typeof text === 'string' ? md5(text) : '';
  if (checksHash && hash === context.configHash) return { status: 304 };
  const parsed = parseConfigText(text);
  if ('error' in parsed) throw invalidText(parsed.error);
  return apply(context, parsed.document, hash, flatten);
}

function isOne(value: unknown): boolean {
  return value === '1' || value === 1;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function apply(
  context: AdminContext,
  document: Readonly<Record<string, unknown>>,
  hash: string,
  flatten: boolean,
): Reply {
  const { store, entities } = loadDocument(context, document, flatten);
  context.store = store;
  // A document without entities counts as none (seen).
  context.configHash = entities.length === 0 ? emptyConfigHash : hash;
  context.changed();
  const body: Record<string, Record<string, unknown>> = {};
  for (const { type, entity } of entities) (body[type.name] ??= {})[String(entity.id)] = entity;
  return { status: 201, body };
}

/**
 * Loads the file a node starts with.
 *
 * @throws Refusal with Kong's body where it is not good.
 */
export function loadStartText(context: AdminContext, text: string): void {
  const parsed = parseConfigText(text);
  if ('error' in parsed) throw invalidText(parsed.error);
  apply(context, parsed.document, md5(text), false);
}
