/** The file that kuma-dp starts from: edited in place, with the user's content and comments kept. */
import { isMap, isSeq, parseDocument, type Document, type YAMLMap } from 'yaml';

import { readIfPresent, writeFileAtomic } from '../../../catalog/atomic-file';
import { tooDeepAt } from '../../../catalog/yaml-nesting';
import { isGateway, outboundKey, type GatewayDataplane } from '../../../catalog/gateway';
import { Dataplane } from '../../sources/resources/dataplane';
import type { Edits } from './edit-resource';
import { dataplaneErrors } from './errors';
import { isOwn, outboundResource, placeOf, type OutboundRoom } from './outbound-form';
import { collide } from './plan-ports';

export interface FileEdit {
  readonly written: boolean;
  /** The Dataplane as the file has it now. */
  readonly dataplane: GatewayDataplane;
}

/**
 * Makes the file hold the edits; what it holds already is left as it is.
 * @throws MeshdError DATAPLANE_FILE_UNREADABLE, DATAPLANE_FILE_INVALID, DATAPLANE_FILE_UNWRITABLE, and
 * DATAPLANE_CHANGED where another outbound has a place in the file.
 */
export async function editDataplaneFile(
  path: string,
  expected: { readonly mesh: string; readonly name: string },
  edits: Edits,
  room: OutboundRoom,
): Promise<FileEdit> {
  const text = await readText(path);
  const masked = maskVariables(text);
  const document = parse(path, masked.text);
  const before = readDataplane(path, document, expected);
  const changed = applyEdits(path, document, before, edits, room);
  if (!changed) return { written: false, dataplane: before };
  const after = readDataplane(path, document, expected);
  try {
    const written = await writeFileAtomic(
      path,
      masked.restore(document.toString({ lineWidth: 0 })),
    );
    return { written, dataplane: after };
  } catch (error) {
    throw problem('DATAPLANE_FILE_UNWRITABLE', path, errno(error));
  }
}

async function readText(path: string): Promise<string> {
  let text: string | undefined;
  try {
    text = await readIfPresent(path);
  } catch (error) {
    throw problem('DATAPLANE_FILE_UNREADABLE', path, errno(error));
  }
  if (text === undefined) throw problem('DATAPLANE_FILE_UNREADABLE', path, 'ENOENT');
  return text;
}

function parse(path: string, text: string): Document.Parsed {
  const tooDeep = tooDeepAt(text);
  if (tooDeep !== undefined) {
    const line = text.slice(0, tooDeep).split('\n').length;
    throw problem('DATAPLANE_FILE_INVALID', path, 'it is nested too deeply', line);
  }
  // kuma-dp reads YAML 1.1, to which a zone `no` is a boolean: what is written is quoted for it.
  const document = parseDocument(text, { compat: 'yaml-1.1' });
  const [error] = document.errors;
  if (error) {
    const line = error.linePos?.[0].line;
    throw problem('DATAPLANE_FILE_INVALID', path, error.code, line);
  }
  if (!isMap(document.contents)) {
    throw problem('DATAPLANE_FILE_INVALID', path, 'it holds no Dataplane');
  }
  return document;
}

/** Aliases are followed here for the first time: too many of them are refused. */
function toValue(path: string, document: Document.Parsed): Readonly<Record<string, unknown>> {
  try {
    return document.toJS() as Readonly<Record<string, unknown>>;
  } catch {
    throw problem('DATAPLANE_FILE_INVALID', path, 'its aliases lead nowhere or are too many');
  }
}

/** kuma-dp fills the name and the mesh in from the command line where the file has variables there. */
function readDataplane(
  path: string,
  document: Document.Parsed,
  { mesh, name }: { readonly mesh: string; readonly name: string },
): GatewayDataplane {
  const value = toValue(path, document);
  const isVariable = (text: unknown): boolean => typeof text === 'string' && text.includes(marker);
  const named = {
    ...value,
    mesh: value['mesh'] === undefined || isVariable(value['mesh']) ? mesh : value['mesh'],
    name: value['name'] === undefined || isVariable(value['name']) ? name : value['name'],
  };
  const parsed = Dataplane.safeParse(named);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const cause = issue ? `${issue.path.join('.')}: ${issue.message}` : 'it holds no Dataplane';
    throw problem('DATAPLANE_FILE_INVALID', path, cause);
  }
  const { data } = parsed;
  const other =
    data.mesh !== mesh ? `mesh ${data.mesh}` : data.name !== name ? data.name : undefined;
  if (other !== undefined) {
    throw problem('DATAPLANE_FILE_INVALID', path, `it is about ${other}, not ${name}`);
  }
  if (!isGateway(data)) {
    throw problem('DATAPLANE_FILE_INVALID', path, 'it is about no gateway: it has inbounds');
  }
  return data;
}

function applyEdits(
  path: string,
  document: Document.Parsed,
  { outbounds, tags, labels }: GatewayDataplane,
  { add, remove, service, workload }: Edits,
  room: OutboundRoom,
): boolean {
  let changed = false;
  const leaving = new Set(remove.map(outboundKey));
  const gone = outbounds.flatMap((outbound, index) =>
    leaving.has(outboundKey(outbound)) && isOwn(outbound, room) ? [index] : [],
  );
  for (const index of gone.reverse()) {
    changed = document.deleteIn(['networking', 'outbound', index]) || changed;
  }
  const present = new Set(outbounds.map(outboundKey));
  for (const outbound of add.filter((one) => !present.has(outboundKey(one)))) {
    if (outbounds.some((other) => collide(other, outbound))) {
      const what = `another outbound is at ${placeOf(outbound)} in ${path}`;
      throw dataplaneErrors.error('DATAPLANE_CHANGED', { what }, { place: { file: path } });
    }
    appendOutbound(document, outboundResource(outbound));
    changed = true;
  }
  if (service && tags['kuma.io/service'] !== service.after) {
    document.setIn(['networking', 'gateway', 'tags', 'kuma.io/service'], service.after);
    changed = true;
  }
  if (workload && labels['kuma.io/workload'] !== workload.after) {
    document.setIn(['labels', 'kuma.io/workload'], workload.after);
    changed = true;
  }
  return changed;
}

function appendOutbound(document: Document.Parsed, resource: Record<string, unknown>): void {
  const networking = document.get('networking') as YAMLMap;
  const list = networking.get('outbound');
  if (isSeq(list)) {
    // `outbound: []` would make everything that follows one line.
    list.flow = false;
    list.add(document.createNode(resource));
    return;
  }
  networking.set('outbound', document.createNode([resource]));
}

const marker = '__KUMA_DP_VARIABLE_';

/** kuma-dp's `{{ variables }}` are no YAML where they stand unquoted. */
function maskVariables(text: string): {
  readonly text: string;
  readonly restore: (text: string) => string;
} {
  const variables: string[] = [];
  const masked = text.replace(/\{\{[^{}\n]*\}\}/g, (variable) => {
    variables.push(variable);
    return `${marker}${variables.length - 1}__`;
  });
  return {
    text: masked,
    restore: (edited) =>
      variables.reduce(
        (result, variable, index) => result.replaceAll(`${marker}${index}__`, () => variable),
        edited,
      ),
  };
}

type FileCode =
  'DATAPLANE_FILE_UNREADABLE' | 'DATAPLANE_FILE_INVALID' | 'DATAPLANE_FILE_UNWRITABLE';

function problem(code: FileCode, file: string, cause: string, line?: number): Error {
  const place = line === undefined ? { file } : { file, line };
  return dataplaneErrors.error(code, { file, cause }, { place });
}

function errno(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
