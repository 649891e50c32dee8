import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const command = require.resolve('kong-pdk/bin/kong-js-pluginserver');
const plugins = join(__dirname, '../../../../fixtures/plugin-server/plugins/scripted');

/** The description of the scripted plugin, as its server would dump it. */
export const scriptedInfo = [
  { Name: 'scripted', Version: '1.0.0', Priority: 15, Phases: ['access'], Schema: {} },
];

/** The real `kong-js-pluginserver` with the scripted plugin; can be killed and started again. */
export class StockPluginServer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'plugin-server-'));
  readonly socketPath = join(this.#folder, 'js.sock');
  #child: ChildProcess | undefined;

  async start(): Promise<void> {
    const args = [command, '-d', plugins, '-p', this.#folder, '--sock-name', 'js.sock'];
    this.#child = spawn(process.execPath, args, { stdio: 'ignore' });
    for (let attempt = 0; !(await listens(this.socketPath)); attempt++) {
      if (attempt > 200) throw new Error('the plugin server does not listen');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function listens(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
