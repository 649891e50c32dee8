import { stringify } from 'yaml';

import type { Entity, JsonObject, KongState } from '../../../daemon/kong/model';
import { entityLabel, sortEntities } from '../../../daemon/kong/model';
import { parseKongConfig, type ParsedConfig } from '../../../daemon/kong/parse';
import { readFully } from '../../../daemon/kong/read-source';
import { scanYaml } from '../../../daemon/kong/scan-yaml';
import { maskTemplates } from '../../../daemon/kong/env-template';
import type { SourceNode } from '../../../daemon/kong/source-tree';
import { renderFiles, renderState } from '../../../daemon/kong/write';
import { document } from './arbitrary-state';
import fc from '../../support/property';

function parseText(text: string): ParsedConfig {
  return parseKongConfig([{ path: 'kong.yml', text }], { env: {} });
}

function read(value: JsonObject): KongState {
  const parsed = parseText(JSON.stringify(value).replaceAll('${{', '\\u0024{{'));
  expect(parsed.failures).toEqual([]);
  return parsed.state;
}

function content(state: KongState): unknown {
  return state.entities.map(({ type, key, id, fields, references }) => ({
    type,
    key,
    id,
    fields,
    references,
  }));
}

function reversed(value: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(value), (key, item: unknown) =>
    Array.isArray(item) && ['services', 'routes', 'plugins', 'upstreams', 'targets'].includes(key)
      ? (item as unknown[]).reverse()
      : item,
  ) as JsonObject;
}

describe('reading and writing', () => {
  it('a state written as a new file reads back the same', () => {
    fc.assert(
      fc.property(document, (value) => {
        const state = read(value);

        const again = parseText(renderState(state));

        expect(again.failures.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(content(again.state)).toEqual(content(state));
      }),
      { numRuns: 150 },
    );
  });

  it('the order of a file does not matter', () => {
    fc.assert(
      fc.property(document, (value) => {
        expect(content(read(reversed(value)))).toEqual(content(read(value)));
      }),
    );
  });

  const styles = [
    ['block', (value: JsonObject) => stringify(value)],
    ['indented lists', (value: JsonObject) => stringify(value, { indentSeq: true, indent: 4 })],
    ['compact lists', (value: JsonObject) => stringify(value, { indentSeq: false })],
    ['flow', (value: JsonObject) => stringify(value, { collectionStyle: 'flow' })],
    ['JSON', (value: JsonObject) => JSON.stringify(value, null, 2)],
    [
      'anchors',
      (value: JsonObject) => stringify(shareEqualParts(value), { aliasDuplicateObjects: true }),
    ],
  ] as const;

  it.each(styles)('any state goes into any file written in %s', (_style, write) => {
    fc.assert(
      fc.property(document, document, fc.boolean(), (before, after, mesh) => {
        const text = write(before).replaceAll('${{', '$ {{');
        const parsed = parseText(text);
        fc.pre(parsed.failures.every(({ severity }) => severity === 'warning'));
        const desired = withOwner(read(after), mesh);

        const { value, failures } = renderFiles(parsed, {
          ...desired,
          passthrough: parsed.state.passthrough,
        });
        const again = parseText(value[0]?.text ?? '');

        expect(failures).toEqual([]);
        expect(again.state.entities.map(entityLabel)).toEqual(desired.entities.map(entityLabel));
        expect(renderFiles(again, again.state).value).toEqual(value);
      }),
      { numRuns: 80 },
    );
  });

  it.each(styles)(
    'what the mesh adds to a file in %s goes again without a trace',
    (_style, write) => {
      fc.assert(
        fc.property(document, document, (before, mesh) => {
          const text = write(before).replaceAll('${{', '$ {{');
          const parsed = parseText(text);
          fc.pre(parsed.failures.every(({ severity }) => severity === 'warning'));
          const users = new Set(parsed.state.entities.map(({ type, id }) => `${type}/${id}`));
          const added = withOwner(read(prefixed(mesh)), true).entities.filter(
            ({ type, id }) => !users.has(`${type}/${id}`),
          );
          const both = {
            ...parsed.state,
            entities: sortEntities([...parsed.state.entities, ...added]),
          };

          const first = parseText(renderFiles(parsed, both).value[0]?.text ?? '');
          const back = renderFiles(first, {
            ...first.state,
            entities: first.state.entities.filter(({ type, id }) => users.has(`${type}/${id}`)),
          });

          expect(content(parseText(back.value[0]?.text ?? '').state)).toEqual(
            content(parsed.state),
          );
          expect(back.value[0]?.text.startsWith(text.slice(0, 10))).toBe(true);
        }),
        { numRuns: 40 },
      );
    },
  );
});

describe('the fast reader of YAML', () => {
  const styles = [
    ['block', (value: JsonObject) => stringify(value)],
    ['compact', (value: JsonObject) => stringify(value, { indentSeq: false })],
    ['flow', flowLines],
    ['quoted', (value: JsonObject) => stringify(value, { defaultStringType: 'QUOTE_SINGLE' })],
  ] as const;

  it.each(styles)('sees what the full parser sees, or nothing: %s', (_name, write) => {
    let seen = 0;
    fc.assert(
      fc.property(document, (value) => {
        const text = write(value);
        seen += sameTree(text) ? 1 : 0;
      }),
      { numRuns: 80 },
    );

    expect(seen).toBeGreaterThan(0);
  });

  it('never sees more than the full parser in text of any kind', () => {
    const piece = fc.constantFrom(
      'a',
      'b: ',
      'c:',
      '- ',
      '-',
      '\n',
      '\n  ',
      '\n    ',
      ' ',
      '#',
      ' # x',
      '"q"',
      "'s'",
      '"',
      "'",
      '[',
      ']',
      '{',
      '}',
      ', ',
      ',',
      ': ',
      ':',
      '1',
      '1.0',
      'null',
      '~',
      'true',
      '|',
      '>',
      '&x',
      '*x',
      '!t',
      '?',
      '? ',
      '%',
      '@',
      'é',
      '\t',
      '<<',
      'a b',
      '""',
      '0o7',
      '.5',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        sameTree(pieces.join(''));
      }),
      { numRuns: 20_000 },
    );
  });
});

function flowLines(value: JsonObject): string {
  const options = { collectionStyle: 'flow', lineWidth: 0 } as const;
  return Object.entries(value)
    .map(([key, item]) => `${key}: ${stringify(item, options)}`)
    .join('');
}

/** Whether the fast reader took it; fails where the two differ. */
function sameTree(text: string): boolean {
  const { text: masked } = maskTemplates(text);
  const fast = scanYaml(masked);
  if (!fast) return false;
  const full = readFully('x', text);
  if (fast.kind !== 'map') {
    expect(full).toMatchObject({ ok: false, failures: [{ code: 'KONG_FILE_SHAPE' }] });
    return true;
  }
  expect(full).toMatchObject({ ok: true });
  if (full.ok) expect(bare(fast)).toEqual(bare(full.file.root));
  return true;
}

/** Without the ends of empty values and collections, which the two put differently. */
function bare(node: SourceNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.start === node.end
        ? [node.value]
        : [node.value, node.start, node.end, node.plain];
    case 'map':
      return {
        flow: node.flow,
        map: node.entries.map(({ key, keyStart, value }) => [key, keyStart, bare(value)]),
      };
    case 'sequence':
      return { flow: node.flow, list: node.items.map(bare) };
  }
}

function withOwner(state: KongState, mesh: boolean): KongState {
  const owner: Entity['owner'] = mesh ? 'mesh' : 'user';
  return {
    ...state,
    entities: state.entities.map(({ origin: _, ...entity }) => ({ ...entity, owner })),
  };
}

function prefixed(value: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(value), function (this: unknown, key, item: unknown) {
    return key === 'name' &&
      typeof item === 'string' &&
      !['cors', 'key-auth', 'rate-limiting'].includes(item)
      ? `mesh-${item}`
      : item;
  }) as JsonObject;
}

/** Equal parts become the same object, which the YAML writer then writes as anchor and aliases. */
function shareEqualParts(value: JsonObject): JsonObject {
  const known = new Map<string, unknown>();
  return JSON.parse(JSON.stringify(value), (_key, item: unknown) => {
    if (typeof item !== 'object' || item === null || Object.keys(item).length === 0) return item;
    const text = JSON.stringify(item);
    if (!known.has(text)) known.set(text, item);
    return known.get(text);
  }) as JsonObject;
}
