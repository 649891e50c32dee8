import { pluginInfo } from '../../plugin-server/info';
import { escapeCell, generated } from './markdown';

interface Field {
  readonly type?: string;
  readonly required?: boolean;
  readonly default?: unknown;
  readonly description?: string;
  readonly one_of?: readonly string[];
  readonly fields?: readonly Readonly<Record<string, Field>>[];
}

/** The plugin's configuration, as Kong checks it. */
export function pluginPage(): string {
  const info = pluginInfo() as {
    readonly Plugins: readonly [
      {
        readonly Name: string;
        readonly Priority: number;
        readonly Schema: { readonly fields: Field['fields'] };
      },
    ];
  };
  const [plugin] = info.Plugins;
  const config = plugin.Schema.fields?.find((field) => 'config' in field)?.['config'];
  return generated(
    [
      `# Plugin ${plugin.Name}`,
      '',
      `Phase access, priority ${plugin.Priority}: after authentication, rate limits and cache.`,
      '',
      '| field | type | default | meaning |',
      '| --- | --- | --- | --- |',
      ...rowsOf(config, 'config'),
      '',
      '## The port as a number',
      '',
      "A field of Kong's schema has one type, and a port may be a name, so Kong takes text alone. In files that",
      'kong-meshd reads a number will do (`port: 8080`): Kong, the file target and `render` get it as text. To',
      "Kong's own Admin API, and in a KongPlugin of Kubernetes, write it in quotes:",
      '',
      '```json',
      '{ "name": "mesh-upstream", "config": { "service": "orders", "port": "8080" } }',
      '```',
      '',
    ].join('\n'),
  );
}

function rowsOf(record: Field | undefined, prefix: string): readonly string[] {
  return (record?.fields ?? []).flatMap((entry) =>
    Object.entries(entry).flatMap(([name, field]) => {
      const path = `${prefix}.${name}`;
      const type = field.one_of
        ? field.one_of.map((choice) => `\`${choice}\``).join(' or ')
        : (field.type ?? '');
      const fallback = field.default === undefined ? '' : `\`${JSON.stringify(field.default)}\``;
      const required = field.required === true ? ' (required)' : '';
      const text = escapeCell(field.description ?? '');
      const row = `| \`${path}\` | ${type}${required} | ${fallback} | ${text} |`;
      return [row, ...rowsOf(field, path)];
    }),
  );
}
