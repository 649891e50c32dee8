import { parseKongConfig } from '../../../daemon/kong/parse';
import { checkTargetFit, type FitTarget } from '../../../daemon/kong/target-fit';

const rest = 'services: [{ name: a, host: a.example }]';

function check(head: string, target: FitTarget): readonly [string, string][] {
  const text = `_format_version: "3.0"\n${head}\n${rest}\n`;
  const parsed = parseKongConfig([{ path: 'kong.yml', text }], { env: {} });
  expect(parsed.failures).toEqual([]);
  const failures = checkTargetFit(parsed, target);
  for (const { place } of failures) expect(place).toMatchObject({ file: 'kong.yml', line: 2 });
  return failures.map(({ code, severity }) => [code, severity]);
}

describe('what a file says of itself, and the target it goes to', () => {
  it.each<[string, FitTarget, readonly (readonly [string, string])[]]>([
    ['_konnect: { control_plane_name: p }', { kind: 'admin' }, [['KONG_FILE_KONNECT', 'error']]],
    ['_konnect: { control_plane_name: p }', { kind: 'dbless' }, [['KONG_FILE_KONNECT', 'error']]],
    ['_konnect: { control_plane_name: p }', { kind: 'file' }, []],
    ['_transform: false', { kind: 'admin' }, [['KONG_FILE_HASHED', 'error']]],
    ['_transform: false', { kind: 'dbless' }, []],
    ['_transform: true', { kind: 'admin' }, []],
    [
      '_info: { skip_hash_for_basic_auth: true }',
      { kind: 'admin' },
      [['KONG_FILE_HASHED', 'error']],
    ],
    [
      '_info: { skip_hash_for_basic_auth: true }',
      { kind: 'dbless' },
      [['KONG_FILE_HASHED', 'error']],
    ],
    ['_info: { skip_hash_for_basic_auth: false }', { kind: 'admin' }, []],
    ['_info: { select_tags: [team-a] }', { kind: 'dbless' }, [['KONG_FILE_SELECT_TAGS', 'error']]],
    ['_info: { select_tags: [] }', { kind: 'dbless' }, []],
    ['_info: { select_tags: [team-a] }', { kind: 'admin' }, []],
    ['_workspace: team-x', { kind: 'dbless' }, [['KONG_FILE_WORKSPACE', 'error']]],
    ['_workspace: default', { kind: 'dbless' }, []],
    ['_workspace: team-x', { kind: 'admin' }, []],
    ['_workspace: team-x', { kind: 'admin', workspace: 'team-x' }, []],
    [
      '_workspace: team-x',
      { kind: 'admin', workspace: 'team-y' },
      [['KONG_WORKSPACE_DIFFERS', 'warning']],
    ],
    ['_workspace: team-x', { kind: 'file' }, []],
  ])('%s with %j', (head, target, expected) => {
    expect(check(head, target)).toEqual(expected);
  });
});
