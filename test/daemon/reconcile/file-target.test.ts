import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runPass } from '../../../daemon/reconcile/pass';
import { createFileTarget } from '../../../daemon/targets/kong-file/file-target';
import { meshService } from '../../catalog/build';
import { codes, kongText, never, openScene } from './support/scene';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'file-target-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

function open() {
  const path = join(folder, 'out.yml');
  const scene = openScene();
  const context = { ...scene.context, kong: createFileTarget({ path, env: {} }) };
  const request = { dryRun: false, confirmDeletes: false };
  return {
    scene,
    pass: () => runPass(context, scene.memory, request, never),
    output: () => readFile(path, 'utf8'),
  };
}

const consumers = 'consumers: [{ username: alice }] # who may ask\n';
const moved = [meshService('orders'), meshService('payments', { vips: ['241.0.0.9'] })];

it.each([
  ['an unknown key', (text: string) => text.replace('consumers:', 'consumer:')],
  ['half a file', (text: string) => text.slice(0, text.indexOf('  - name: crm'))],
])('writes the text of the files that it believes, not of %s', async (_, spoil) => {
  const { scene, pass, output } = open();
  scene.kongText = kongText + consumers;
  await pass();
  const before = await output();
  scene.kongText = spoil(scene.kongText);
  scene.settlesInMs = 5_000;
  scene.mesh = { ...scene.mesh, services: moved };

  const during = await pass();
  const meanwhile = await output();
  scene.kongText = kongText + consumers;
  scene.settlesInMs = 0;
  const mended = await pass();

  expect(codes(during)).not.toEqual([]);
  expect(meanwhile).toContain('241.0.0.9');
  expect(meanwhile).toContain(consumers);
  expect(meanwhile.split('\n')).toHaveLength(before.split('\n').length);
  expect(codes(mended)).toEqual([]);
  expect(await output()).toBe(meanwhile);
});

it('brings a comment to the output although no entity is another one', async () => {
  const { scene, pass, output } = open();
  await pass();
  scene.kongText = `# ask the edge team\n${kongText}`;

  const report = await pass();
  const again = await pass();

  expect(await output()).toMatch(/^# ask the edge team\n/);
  expect([report.kong?.writes, again.kong?.writes]).toEqual([1, 0]);
});
