/** Logs go to standard error; where that is a file on a full disk, the programs go on without them. */
import { spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { join } from 'node:path';

const dist = join(__dirname, '..', '..', 'dist');
const full = '/dev/full';

(existsSync(full) ? describe : describe.skip)('on a full disk', () => {
  it.each([
    ['the daemon', 'daemon/cli/log.js', "createLog('info')", 'info'],
    ['the plugin server', 'plugin-server/log.js', 'createLog()', 'write'],
    ['the plugin', 'plugin/mesh-upstream/log.js', '', 'log'],
  ])('%s loses its lines and nothing else', (_who, file, make, method) => {
    // Two turns of the event loop: what a write throws late comes then.
    const script = `
      const exported = require(${JSON.stringify(join(dist, file))});
      const log = exported${make && `.${make}`};
      for (let line = 0; line < 50_000; line++) log.${method}('info', 'line ' + line, {});
      setTimeout(() => process.stdout.write('alive'), 50);`;

    const { status, stdout } = spawnSync(process.execPath, ['-e', script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', openSync(full, 'a')],
    });

    expect({ status, stdout }).toEqual({ status: 0, stdout: 'alive' });
  });
});
