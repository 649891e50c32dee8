import { codes, hostOf, kongText, openScene } from '../support/scene';

it.each([
  ['an unknown key', 'upstream: [{ name: u }]\n', 'KONG_FILE_KEY_UNKNOWN'],
  ['an unknown setting', '_info: { select_tag: [a] }\n', 'KONG_FILE_KEY_UNKNOWN'],
  ['a file for Konnect', '_konnect: { control_plane_name: p }\n', 'KONG_FILE_KONNECT'],
  ['a part for a DB-less Kong', '_info: { select_tags: [a] }\n', 'KONG_FILE_SELECT_TAGS'],
])('concludes nothing from a file with %s', async (_, line, code) => {
  const scene = openScene({ fitTarget: { kind: 'dbless' } });
  await scene.pass();
  const full = scene.kong.state;
  scene.kongText = `_format_version: '3.0'\n${line}services: [{ name: only, host: a.example }]\n`;

  const kept = await scene.pass();
  expect(codes(kept)).toEqual([code]);
  expect(scene.kong.state).toEqual(full);

  scene.memory = {};
  const first = await scene.pass();
  expect(first.outcome).toBe('failed');
  expect(codes(first)).toEqual([code]);
  expect(scene.kong.state).toEqual(full);
});

describe('a mistake in the Kong file', () => {
  const broken = kongText.replace('host: crm.internal', 'host: ${{ env "DECK_UNSET" }}');

  it('keeps at Kong what it keeps out of the file, and lets it go once the file is whole', async () => {
    const scene = openScene();
    await scene.pass();
    scene.kongText = broken;

    const report = await scene.pass();
    const kept = hostOf(scene, 'crm');
    scene.kongText = kongText.slice(0, kongText.indexOf('  - name: crm'));
    const whole = await scene.pass();

    expect(codes(report)).toEqual(
      expect.arrayContaining(['KONG_TEMPLATE_UNSET', 'DELETIONS_WAIT_FOR_FILE']),
    );
    expect(kept).toMatch(/^crm\.internal:/);
    expect(codes(whole)).toEqual([]);
    expect(scene.kong.state.entities.map(({ key }) => key)).not.toContain('crm');
  });

  it('does not keep the rest of the file from going live', async () => {
    const scene = openScene();
    await scene.pass();
    scene.kongText = broken.replace('paths: [/orders]', 'paths: [/new]');

    await scene.pass();

    const orders = scene.kong.state.entities.find(
      ({ type, key }) => type === 'routes' && key === 'orders',
    );
    expect(orders?.fields['paths']).toEqual(['/new']);
  });
});

describe('a plugin that a mistake keeps out of the Kong file', () => {
  const guarded = `${kongText}  - name: desk
    host: crm.internal
    routes:
      - { name: desk, paths: [/desk], plugins: [{ name: key-auth }] }
`;
  const broken = guarded.replace('name: key-auth', 'name: key-auth, _config: unknown');

  it.each([
    ['a configuration that there is not', broken],
    ['no mapping', guarded.replace('{ name: key-auth }', 'key-auth')],
    [
      'a mistake on its service',
      guarded
        .replace(', plugins: [{ name: key-auth }]', '')
        .replace(
          '    routes:\n      - { name: desk',
          '    plugins: [x]\n    routes:\n      - { name: desk',
        ),
    ],
  ])('keeps a new route from going live without it: %s', async (_, text) => {
    const scene = openScene();
    await scene.pass();
    scene.kongText = text;

    const report = await scene.pass();
    scene.kongText = guarded;
    const whole = await scene.pass();

    expect(report.failures).toContainEqual(
      expect.objectContaining({ code: 'ROUTE_WAITS_FOR_PLUGIN', entity: 'route desk' }),
    );
    expect(
      report.kong?.plan.changes.map((change) => change.op !== 'delete' && change.next.type),
    ).toEqual(['services']);
    expect(codes(whole)).toEqual([]);
    expect(scene.kong.state.entities).toContainEqual(
      expect.objectContaining({ type: 'routes', key: 'desk' }),
    );
  });

  it.each(['sync', 'upsert-only'] as const)(
    'keeps what covers a live route from a mistake in the file, with no memory either: %s',
    async (policy) => {
      const scene = openScene();
      Object.assign(scene.context.settings, { policy });
      scene.kongText =
        guarded.replace('plugins: [{ name: key-auth }]', '') + 'plugins: [{ name: key-auth }]\n';
      await scene.pass();
      scene.kongText = broken + 'plugins: [{ name: key-auth, enabled: false }]\n';
      scene.memory = {};

      const report = await scene.pass();

      expect(codes(report)).toContain('GUARD_KEPT');
      expect(scene.kong.state.entities).toContainEqual(
        expect.objectContaining({ type: 'plugins', key: 'key-auth', fields: { name: 'key-auth' } }),
      );
    },
  );

  it('says in every pass what its target never writes, in a dry run too', async () => {
    const scene = openScene();
    const { kong } = scene.context;
    const found = { code: 'KONG_KEY_NOT_WRITTEN', severity: 'error', message: 'x' } as const;
    Object.assign(kong!, { unsupported: () => [found] });

    const reports = [await scene.pass({ dryRun: true }), await scene.pass(), await scene.pass()];

    for (const { failures } of reports) expect(failures).toContainEqual(found);
  });

  it('leaves a route that is live as it is, with the plugin that Kong has', async () => {
    const scene = openScene();
    scene.kongText = guarded;
    await scene.pass();
    scene.kongText = broken;

    const report = await scene.pass();

    expect(codes(report)).not.toContain('ROUTE_WAITS_FOR_PLUGIN');
    expect(scene.kong.state.entities).toContainEqual(
      expect.objectContaining({ type: 'plugins', key: 'key-auth on route desk' }),
    );
  });
});
