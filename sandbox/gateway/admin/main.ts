import { parseArgs } from 'node:util';
import { startAdmin } from './start-admin';

/**
 * The stand-in as its own process: prints `{"url": ...}` as one line of JSON and serves until it is told
 * to end.
 *
 *     node dist/sandbox/gateway/admin/main.js --mode db [--port 8001] [--config kong.yml]
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      mode: { type: 'string', default: 'db' },
      port: { type: 'string' },
      config: { type: 'string' },
    },
  });
  const server = await startAdmin({
    mode: values.mode === 'dbless' ? 'dbless' : 'db',
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    ...(values.config === undefined ? {} : { declarativeConfigFile: values.config }),
  });
  process.stdout.write(`${JSON.stringify({ url: server.url, pid: process.pid })}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void server.stop();
    });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
