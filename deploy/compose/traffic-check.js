/**
 * Healthy while requests through Kong are answered: traffic-check.js KONG_URL PATH...
 * `health` as the last argument asks once; without it the process only waits to be asked.
 */
'use strict';

const [url, ...rest] = process.argv.slice(2);
const timeoutMs = 4_000;

async function check(paths) {
  const answers = await Promise.all(
    paths.map(async (path) => {
      try {
        const { status } = await fetch(url + path, { signal: AbortSignal.timeout(timeoutMs) });
        return { path, status };
      } catch (error) {
        return { path, status: error.cause?.message ?? error.message };
      }
    }),
  );
  const failed = answers.filter(({ status }) => status !== 200);
  for (const { path, status } of failed) process.stderr.write(`${path}: ${status}\n`);
  process.exit(failed.length > 0 ? 1 : 0);
}

if (rest.at(-1) === 'health') check(rest.slice(0, -1));
else {
  const timer = setInterval(() => undefined, 3_600_000);
  process.once('SIGTERM', () => clearInterval(timer));
}
