import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ask } from './replay';

const main = path.join(__dirname, '../../../../dist/sandbox/gateway/admin/main.js');

(existsSync(main) ? it : it.skip)('runs as a process that prints where it listens', async () => {
  const child = spawn(process.execPath, [main, '--mode', 'db'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  const { url } = JSON.parse(String(line));

  const answer = await ask(url, 'GET', '/services');
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');

  expect(answer).toMatchObject({ status: 200, body: { data: [], next: null } });
  expect(code).toBe(0);
});
