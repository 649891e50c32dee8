import { children, configJsonSchema, variants, type JsonSchema } from '../../daemon/config/paths';
import { escapeCell, generated } from './markdown';

interface Row {
  readonly path: string;
  readonly type: string;
  readonly fallback: string;
  readonly text: string;
}

/** One row per setting, in the order of the schema. */
export function configurationPage(): string {
  const rows = listSettings(configJsonSchema(), '').map(
    ({ path, type, fallback, text }) =>
      `| \`${path}\` | ${escapeCell(type)} | ${fallback} | ${escapeCell(text)} |`,
  );
  return generated(
    [
      '# kong-meshd.yaml',
      '',
      'Settings by path. The same path names the environment variable that overrides it:',
      '`gateway.dataplane` is `KONG_MESHD_GATEWAY_DATAPLANE`, `sources.0.kuma.url` is',
      '`KONG_MESHD_SOURCES_0_KUMA_URL`; values are read as YAML. `--set path=value` wins over both.',
      'An unknown key is an error.',
      '',
      '| setting | type | default | meaning |',
      '| --- | --- | --- | --- |',
      ...rows,
      '',
    ].join('\n'),
  );
}

function listSettings(node: JsonSchema, prefix: string): readonly Row[] {
  const keys = new Map<string, readonly JsonSchema[]>();
  for (const variant of variants(node)) {
    for (const key of Object.keys(variant.properties ?? {})) {
      if (!keys.has(key)) keys.set(key, children(node, key));
    }
    if (variant.items && prefix !== '') {
      const rows = listSettings(variant.items, `${prefix}[]`);
      if (rows.length > 0) return rows;
    }
  }
  return [...keys].flatMap(([key, schemas]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const [schema] = schemas;
    if (!schema) return [];
    return [rowOf(path, schema), ...schemas.flatMap((child) => listSettings(child, path))];
  });
}

function rowOf(path: string, schema: JsonSchema): Row {
  const all = variants(schema);
  const types = new Set(all.flatMap((variant) => typeOf(variant)));
  const fallback = all.find((variant) => variant.default !== undefined)?.default;
  const plain = fallback !== undefined && JSON.stringify(fallback) !== '{}';
  return {
    path,
    type: [...types].join(' or '),
    fallback: plain ? `\`${JSON.stringify(fallback)}\`` : '',
    text: all.find((variant) => variant.description !== undefined)?.description ?? '',
  };
}

function typeOf(schema: JsonSchema): readonly string[] {
  const { enum: choices, const: constant } = schema as {
    readonly enum?: readonly unknown[];
    readonly const?: unknown;
  };
  if (choices) return choices.map((choice) => `\`${String(choice)}\``);
  if (constant !== undefined) return [`\`${JSON.stringify(constant)}\``];
  return schema.type === undefined ? [] : [schema.type === 'array' ? 'list' : schema.type];
}
