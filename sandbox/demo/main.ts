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
const stopped = new Promise<undefined>((resolve) => {
  stopping.signal.addEventListener('abort', () => resolve(undefined));
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
  const opening = openScene();
  const scene = await Promise.race([opening, stopped]);
  if (!scene) {
    // What has been started by now is ended too.
    await (await opening).stop();
    process.exitCode = 1;
    return;
  }
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
}

async function keep({ world, configFile, pageUrl }: Scene): Promise<void> {
  process.stdout.write(`
Look at ${pageUrl}

Everything stays up until you press Ctrl-C. In another terminal:

  curl -i ${world.gateway.proxyUrl}/orders/1
  curl -s ${world.admin.url}/services | head
  curl -s ${world.controlPlane.url}/meshes/default/meshservices
  npx kong-meshd catalog --config ${configFile}
  npx kong-meshd explain orders --config ${configFile}
`);
  await stopped;
}

/** Whatever still listens or waits by then (a step that was interrupted): the demo is over. */
const lingerMs = 1_000;
/** For all to end in order after a signal. */
const stopMs = 10_000;

function endWithin(ms: number): void {
  setTimeout(() => process.exit(), ms).unref();
}

void stopped.then(() => {
  process.exitCode = 1;
  endWithin(stopMs);
});
main()
  .catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`the demo could not run: ${message}\n`);
    process.exitCode = 1;
  })
  .finally(() => endWithin(stopping.signal.aborted ? 0 : lingerMs));
