/** The file editor: what it writes says what was planned, and leaves everything else as it was. */
import { isDeepStrictEqual } from 'node:util';

import { hasErrors } from '../../../catalog/error';
import { sameValue } from '../../../daemon/kong/edit-entity';
import { looksLikeTemplate } from '../../../daemon/kong/env-template';
import { isObject } from '../../../daemon/kong/merge-json';
import type { Entity, Json, KongState } from '../../../daemon/kong/model';
import { sortEntities } from '../../../daemon/kong/model';
import { parseKongConfig, type ParsedConfig } from '../../../daemon/kong/parse';
import { renderFiles } from '../../../daemon/kong/write';
import { hostileStrings } from '../engine/hostile';
import { Random } from '../engine/random';
import { mustBeSound } from '../invariants';
import { kongDocument } from '../seeds';
import { must, pure, type Target } from '../target';
import { kongEnv, kongText } from './kong-file';

const path = 'kong.yml';

interface Scenario {
  readonly text: string;
  /** Chooses what is changed. */
  readonly edit: number;
}

export const kongEdit: Target = {
  name: 'kong-edit',
  weight: 5,
  form: 'json',
  generate(random) {
    const scenario: Scenario = { text: kongText(random), edit: random.int(1_000_000) };
    return Buffer.from(JSON.stringify(scenario));
  },
  open: pure((input) => {
    const { text, edit } = JSON.parse(input.toString('utf8')) as Scenario;
    if (typeof text !== 'string') return false;
    // Whatever is written behind it on the same line might close it: such files are refused.
    if (/\$\{\{(?!.*\}\})/.test(text)) return false;
    // A tab alone on a line is read or not by what stands above it.
    if (/^ *\t\s*$/m.test(text)) return false;
    const parsed = read(text);
    // What was not understood as a whole is never written to.
    if (!parsed.complete || hasErrors(parsed.failures)) return false;
    const random = new Random(`edit ${edit}`);
    const { desired, changed } = planned(parsed, random, olderFormat.test(text));
    const { value, failures } = renderFiles(parsed, desired);
    mustBeSound(failures, { secretIsName: true });
    const refused = failures.map(({ code }) => code);
    must(
      refused.every((code) => code === 'KONG_RENDER_SECRET'),
      `it is refused with ${refused.join()}`,
    );
    const written = value[0]?.text ?? '';
    if (refused.length === 0) mustHold(read(written).state, desired);
    if (changed) mustKeepTheRest(text, written, changed);
    return true;
  }),
};

function read(text: string): ParsedConfig {
  return parseKongConfig([{ path, text }], { env: kongEnv, meshTag: 'kong-meshd' });
}

/** Of Kong before 3.0, where a path of other than plain characters is a regular expression by itself. */
const olderFormat = /_format_version["']?\s*:\s*["']?[12]\.1/;

/** @returns `changed` where a single entity of the user's was changed in place. */
function planned(
  parsed: ParsedConfig,
  random: Random,
  isOlder: boolean,
): { readonly desired: KongState; readonly changed: Entity | undefined } {
  const { entities } = parsed.state;
  const { defaults, pluginConfigs } = parsed.header;
  const hasDefaults = defaults.size + pluginConfigs.size > 0;
  // A membership is nothing but its two references, and who has neither name nor id is told from
  // others by what it says: with other fields it would be another one.
  const withFields = entities.filter(
    ({ type, key }) => type !== 'consumer_group_consumers' && !key.startsWith('unnamed-'),
  );
  const target = withFields.length > 0 ? random.pick(withFields) : undefined;
  const withEntities = (next: readonly Entity[]): KongState => {
    return { ...parsed.state, entities: sortEntities(next) };
  };
  switch (target ? random.int(4) : 3) {
    case 0:
      return { desired: withEntities(without(entities, target)), changed: undefined };
    case 1:
    case 2: {
      const next = entities.map((each) =>
        each === target ? edited(each, random, { hasDefaults, isOlder }) : each,
      );
      return { desired: withEntities(next), changed: target };
    }
    default: {
      const known = new Set(entities.map(({ type, key }) => `${type}/${key}`));
      const others = parseKongConfig([{ path: 'other', text: meshText(random) }], {
        env: 'literal',
      });
      const added = others.state.entities
        .filter(({ type, key }) => !known.has(`${type}/${key}`))
        .map(({ origin: _, ...entity }): Entity => {
          const { fields } = entity;
          const held = isOlder && 'paths' in fields ? { ...fields, paths: ['/plain'] } : fields;
          return { ...entity, fields: held, owner: 'mesh' };
        });
      return { desired: withEntities([...entities, ...added]), changed: undefined };
    }
  }
}

/** With names of its own, so that it adds to the file. */
function meshText(random: Random): string {
  const text = JSON.stringify(kongDocument(random), (key, value: unknown) =>
    key === 'name' && typeof value === 'string' && !/^(cors|key-auth|rate-limiting)$/.test(value)
      ? `mesh-${value}`
      : value,
  );
  return writable(text);
}

/** What reads like the placeholder of a template cannot be written beside templates, and is refused. */
function writable(text: string): string {
  return Array.from(text, (char) => (looksLikeTemplate(char) ? 'x' : char)).join('');
}

/** What refers to it goes along, however far away. */
function without(entities: readonly Entity[], gone: Entity | undefined): readonly Entity[] {
  const lost = new Set(gone ? [`${gone.type}/${gone.id}`] : []);
  for (let before = -1; before !== lost.size;) {
    before = lost.size;
    for (const { type, id, references } of entities) {
      const parents = Object.values(references).map((to) => to && `${to.type}/${to.id}`);
      if (parents.some((parent) => parent !== undefined && lost.has(parent)))
        lost.add(`${type}/${id}`);
    }
  }
  return entities.filter(({ type, id }) => !lost.has(`${type}/${id}`));
}

/** Fields that say who an entity is stay: another name would be another entity. */
const identity =
  /^(name|username|custom_id|target|key|group|id|instance_name|prefix|client_id|cert|key_id|kid|set|url|_config)$/;

function edited(
  entity: Entity,
  random: Random,
  { hasDefaults, isOlder }: { readonly hasDefaults: boolean; readonly isOlder: boolean },
): Entity {
  const names = Object.keys(entity.fields).filter(
    (name) => !identity.test(name) && !(isOlder && name === 'paths'),
  );
  const fields: Record<string, Json> = { ...entity.fields };
  for (let left = random.few(3); left > 0; left -= 1) {
    const name = random.chance(0.3) || names.length === 0 ? 'x_added' : random.pick(names);
    // What a default of the file's fills in cannot be taken away.
    if (random.chance(0.2) && !hasDefaults) Reflect.deleteProperty(fields, name);
    else if (entity.type === 'plugins' && name === 'config') {
      // No configuration is anything but an object, also where it is merged with a shared one.
      const { config } = fields;
      fields[name] = { ...(isObject(config) ? config : {}), x_added: valueFor(undefined, random) };
    } else fields[name] = valueFor(fields[name], random);
  }
  return { ...entity, fields };
}

function valueFor(old: Json | undefined, random: Random): Json {
  const text = random.pick(hostileStrings).slice(0, 40);
  // Half of a pair is no text in any file.
  const safe = Buffer.from(text).toString() === text ? writable(text) : 'x';
  switch (random.int(7)) {
    case 0:
      return random.int(70_000);
    case 1:
      return random.chance(0.5);
    case 2:
      return [safe, 'b'];
    case 3:
      return { inner: { deep: safe }, list: [1, { a: safe }] };
    case 4:
      return Array.isArray(old) ? [...(old as readonly Json[]), safe].slice(random.int(2)) : [];
    case 5:
      return {};
    default:
      return safe;
  }
}

function mustHold(found: KongState, desired: KongState): void {
  const contentOf = (state: KongState): readonly unknown[] =>
    state.entities.map(({ type, key, id, references }) => [type, key, id, references]);
  must(isDeepStrictEqual(contentOf(found), contentOf(desired)), 'the file says other entities');
  for (const [index, entity] of desired.entities.entries()) {
    must(sameValue(found.entities[index]?.fields, entity.fields), 'an entity reads differently');
  }
}

/** What stands before the entity stays; where nothing is shared, every other comment does, too. */
function mustKeepTheRest(before: string, after: string, { origin }: Entity): void {
  if (!origin || /[&*]|<</.test(before)) return;
  const lines = before.split('\n');
  // Between brackets the indentation says nothing.
  const isBlock = /^ *- *[^ {[]/.test(lines[(origin.place.line ?? 1) - 1] ?? '');
  const above = lines.slice(0, (origin.place.line ?? 1) - 1).join('\n');
  must(after.startsWith(above), 'what stands above the entity changed');
  if (!isBlock) return;
  const indent = indentOf(lines[(origin.place.line ?? 1) - 1] ?? '');
  const below = lines.slice(origin.place.line ?? 1);
  // A comment may stand anywhere, also between the fields of an entity.
  const end = below.findIndex((line) => /^ *[^ #\r]/.test(line) && indentOf(line) < indent);
  if (end < 0) return;
  must(after.endsWith(below.slice(end).join('\n')), 'what stands below the entity changed');
}

/** Of the item, where the line begins with its dash. */
function indentOf(line: string): number {
  return /^ */.exec(line)?.[0].length ?? 0;
}
