/** `kong-meshd demo`: the real plugin server and daemon in an embedded mesh. */
import { parseArgs } from 'node:util';

import { createNarrator } from './narrator';
import { openScene, type Scene } from './scene';
import { play } from './script';

const { values } = parseArgs({
  options: {
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    pace: { type: 'string', default: '0' },
  },
});

const stopping = new AbortController();
const stopped = new Promise<void>((resolve) => {
  stopping.signal.addEventListener('abort', () => resolve());
});
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort());

async function main(): Promise<void> {
  const narrator = createNarrator({
    silent: values.json,
    colour: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
    paceMs: Number(values.pace) || 0,
    signal: stopping.signal,
  });
  narrator.say(
    `The mesh and the gateway below are stand-ins that come with the project; the plugin server and the
     daemon are the real ones. Nothing leaves this machine.`,
  );
  const scene = await openScene();
  let interrupted = false;
  try {
    await Promise.race([play(scene, narrator), stopped]);
    interrupted = stopping.signal.aborted;
    if (values.keep && !values.json && !interrupted) await keep(scene);
  } finally {
    await scene.stop();
  }
  const steps = narrator.results;
  const ok = !interrupted && steps.length > 0 && steps.every((step) => step.ok);
  if (!values.json) {
    const done = steps.filter((step) => step.ok).length;
    process.stdout.write(`\n${done} of ${steps.length} steps ok\n`);
  } else {
    process.stdout.write(`${JSON.stringify({ steps, ok })}\n`);
  }
  process.exitCode = ok ? 0 : 1;
  // The step that was interrupted waits for what does not come any more.
  if (interrupted) process.exit();
}

async function keep({ world, configFile }: Scene): Promise<void> {
  process.stdout.write(`
Everything stays up until you press Ctrl-C. In another terminal:

  curl -i ${world.gateway.proxyUrl}/orders/1
  curl -s ${world.admin.url}/services | head
  curl -s ${world.controlPlane.url}/meshes/default/meshservices
  npx kong-meshd catalog --config ${configFile}
  npx kong-meshd explain orders --config ${configFile}
`);
  await stopped;
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`the demo could not run: ${message}\n`);
  process.exitCode = 1;
});
