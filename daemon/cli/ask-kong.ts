/** `validate --online`: each entity as Kong's own schemas see it, which know the plugins that it has. */
import type { Failure } from '../../catalog/error';
import { entityLabel, type Entity, type JsonObject, type Path } from '../kong/model';
import { placeOfField, type ParsedConfig } from '../kong/parse';
import { fieldName } from '../kong/validate';
import { isSecretPath, masked, secretValuesOf } from '../kong/secrets';
import { targetErrors } from '../targets/errors';
import { runBounded } from '../targets/kong-admin/run-bounded';
import type { KongClient } from '../targets/kong-http/client';
import { reasonOf } from '../targets/kong-http/map-error';
import { withPortAsText } from '../translate/plugin-port';
import { TranslateRules } from '../translate/rules';
import { cliErrors } from './errors';

interface Asked {
  readonly client: KongClient;
  /** Questions at once. */
  readonly parallelism: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly failures: readonly Failure[];
  /** Entities whose fields Kong has judged, for better or worse. */
  readonly judged: ReadonlySet<Entity>;
}

/**
 * Every finding of every entity, in the order of the state. Kong looks at one entity at a time: names
 * that are taken and references that lead nowhere are not among what it finds.
 * @throws MeshdError what the client throws where Kong does not answer as it should.
 */
export async function askKong(
  parsed: Pick<ParsedConfig, 'state' | 'files'>,
  { client, parallelism, signal }: Asked,
): Promise<Answer> {
  const { entities } = parsed.state;
  const findings = new Map<Entity, readonly Failure[]>();
  const judged = new Set<Entity>();
  const rules = TranslateRules.parse({});
  await runBounded(entities, parallelism, async (entity) => {
    // A membership is no entity of its own at Kong.
    if (entity.type === 'consumer_group_consumers') return;
    const path = `/schemas/${entity.type}/validate`;
    const { fields, references } = withPortAsText(entity, rules);
    const body = { ...fields, ...references };
    const request = { method: 'POST', path, body, accept: [400, 404], repeatable: true } as const;
    const { status, data } = await client.request(request, signal);
    if (status === 404) {
      const context = { entity: entityLabel(entity), place: placeOfField(parsed, entity) };
      const type = `/${entity.type}`;
      const failure = targetErrors.failure(
        'KONG_TYPE_UNKNOWN',
        { url: client.url, path: type },
        context,
      );
      findings.set(entity, [failure]);
      return;
    }
    judged.add(entity);
    if (status === 400) findings.set(entity, toFailures(parsed, entity, data));
  });
  return { failures: entities.flatMap((entity) => findings.get(entity) ?? []), judged };
}

function toFailures(
  parsed: Pick<ParsedConfig, 'files'>,
  entity: Entity,
  data: unknown,
): readonly Failure[] {
  const label = entityLabel(entity);
  const fields = typeof data === 'object' && data !== null && 'fields' in data ? data.fields : {};
  const said = [...listMessages(fields, [], new Items(sentenceOf(data)))];
  const messages = said.length > 0 ? said : [{ path: [], text: reasonOf(data) }];
  return messages.map(({ path, text }) => {
    const what = path.length === 0 ? 'it' : fieldName(path);
    const reason = isSecretPath(entity, path) ? withoutValue(text) : mask(text, entity);
    const context = { entity: label, place: placeOfField(parsed, entity, path) };
    return cliErrors.failure('KONG_SCHEMA_REFUSED', { what, reason }, context);
  });
}

/** Messages by field, nested as the fields are; `@entity` is about the whole record around it. */
function* listMessages(
  value: unknown,
  path: Path,
  items: Items,
): Generator<{ readonly path: Path; readonly text: string }> {
  if (typeof value === 'string') yield { path, text: value };
  else if (Array.isArray(value)) {
    for (const item of value) {
      const index = typeof item === 'string' ? items.indexOf(path, item) : undefined;
      yield* listMessages(item, index === undefined ? path : [...path, index], items);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value as JsonObject)) {
      if (name === '@entity') {
        for (const text of [item].flat()) yield* listMessages(text, path, items);
      } else yield* listMessages(item, [...path, name], items);
    }
  }
}

function sentenceOf(data: unknown): string {
  const said = typeof data === 'object' && data !== null && 'message' in data ? data.message : '';
  return typeof said === 'string' ? said : '';
}

/**
 * Which items of a list Kong means. Its messages by field stand in a list without gaps, whatever items they
 * are about; only its sentence has the places: `paths.2: should start with: /`, counted from 1.
 */
class Items {
  private readonly found = new Map<string, number>();

  constructor(private readonly sentence: string) {}

  /** Of the next item with this message; undefined where the sentence does not tell. */
  indexOf(path: Path, text: string): number | undefined {
    const list = `${path.join('.')}.`;
    const mark = `${list}\0${text}`;
    for (let from = this.found.get(mark) ?? 0; ;) {
      const at = this.sentence.indexOf(list, from);
      if (at < 0) return undefined;
      from = at + list.length;
      const place = /^\d+(?=: )/.exec(this.sentence.slice(from, from + 20))?.[0];
      if (place === undefined || !this.sentence.startsWith(`: ${text}`, from + place.length))
        continue;
      this.found.set(mark, from);
      return Number(place) - 1;
    }
  }
}

/** Kong repeats values in some of its sentences. */
function mask(text: string, entity: Entity): string {
  return secretValuesOf(entity).reduce((safe, value) => safe.replaceAll(value, masked), text);
}

function withoutValue(text: string): string {
  return text.replace(/'[^']*'|"[^"]*"|: .*$/g, masked);
}
