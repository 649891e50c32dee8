/** The plugin server, and the socket on which Kong speaks to it. */
import { readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';

import { pluginServerDownUnasked } from '../faults/plugin-server-down';
import { elsewhere } from '../faults/promises';
import { na, type Begun, type Path, type Row, type Trial } from '../vocabulary';

/** The only path that needs it. */
const mayRefuse: readonly Path[] = ['/orders'];
const noStatus = na('MessagePack on a socket knows no status.');
const noList = na('It gives no lists.');

const downAtStart: Trial = {
  mayRefuse,
  async begin(world) {
    await world.pluginServer.stop();
    await world.startDaemon();
    return { end: () => world.startPluginServer().then(() => undefined) };
  },
};

function ends(signal: NodeJS.Signals, variant: string): Trial {
  return {
    variant,
    mayRefuse,
    async begin(world) {
      world.pluginServer.kill(signal);
      await world.pluginServer.exited;
      return { end: () => world.startPluginServer().then(() => undefined) };
    },
  };
}

/** A first start that is ended at once, and a second one. */
function endsAtStart(signal: NodeJS.Signals): Trial {
  return {
    variant: 'while it starts',
    mayRefuse,
    async begin(world, random) {
      await world.pluginServer.stop();
      const child = world.startAnotherPluginServer();
      await new Promise((resolve) => setTimeout(resolve, random.between(50, 600)));
      child.kill(signal);
      await child.exited;
      return { end: () => world.startPluginServer().then(() => undefined) };
    },
  };
}

/** Just as a new snapshot comes. */
function endsReading(signal: NodeJS.Signals): Trial {
  return {
    variant: 'while it reads a snapshot',
    mayRefuse,
    async begin(world, random) {
      const { snapshot } = world.places;
      const text = await readFile(snapshot, 'utf8');
      await writeFile(`${snapshot}.copy`, text);
      await rename(`${snapshot}.copy`, snapshot);
      await new Promise((resolve) => setTimeout(resolve, random.between(15, 40)));
      world.pluginServer.kill(signal);
      await world.pluginServer.exited;
      return { end: () => world.startPluginServer().then(() => undefined) };
    },
  };
}

/** A process that is halted by the system, and goes on. */
const halts: Trial = {
  async begin({ pluginServer }): Promise<Begun> {
    pluginServer.kill('SIGSTOP');
    return {
      end: async () => {
        pluginServer.kill('SIGCONT');
      },
    };
  },
};

/** It gets a tenth of its time. */
const starves: Trial = {
  async begin({ pluginServer }, _, life): Promise<Begun> {
    const end = life.repeat(10, async () => {
      pluginServer.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 90));
      pluginServer.kill('SIGCONT');
    });
    return { end };
  },
};

/** Somebody else on the socket says this, again and again, and goes away or stays. */
function noise(bytes: Buffer, stays = false): Trial {
  return {
    async begin({ sandbox }, _, life): Promise<Begun> {
      const say = (): void => {
        const socket = createConnection(sandbox.socket);
        socket.on('error', () => undefined).on('data', () => undefined);
        socket.on('connect', () => {
          socket.write(bytes);
          if (!stays) socket.end();
          setTimeout(() => socket.destroy(), 1_000);
        });
      };
      return { end: life.repeat(50, say) };
    },
  };
}

/** `[0, 1, "plugin.HandleEvent", …` */
const request = Buffer.concat([
  Buffer.from([0x94, 0x00, 0x01, 0xb2]),
  Buffer.from('plugin.HandleEvent'),
]);

const linkInPlace: Trial = {
  mayRefuse,
  async begin(world) {
    const { sandbox } = world;
    const victim = join(sandbox.folder, 'precious.txt');
    await writeFile(victim, 'precious\n');
    await symlink(victim, `${sandbox.socket}.link`);
    await rename(`${sandbox.socket}.link`, sandbox.socket);
    const refused = world.startAnotherPluginServer();
    const code = await refused.exited;
    return {
      async end() {
        await rm(sandbox.socket);
        await world.startPluginServer();
      },
      async check() {
        const content = await readFile(victim, 'utf8');
        return [
          ...(code === 1 ? [] : [`a start on a link ended with ${code}`]),
          ...(content === 'precious\n' ? [] : ['the file that the link led to was changed']),
        ];
      },
    };
  },
};

function clock(direction: 1 | -1): Trial {
  return {
    async begin(world, random) {
      const shiftMs = direction * random.between(1, 2_000) * 3_600_000;
      await writeFile(world.places.controlFile, JSON.stringify({ shiftMs }));
      world.pluginServer.kill('SIGUSR2');
      return { end: () => Promise.resolve() };
    },
  };
}

/** Its log cannot be written: `/dev/full` is a disk without any room. */
const logFull: Trial = {
  async begin(world) {
    await world.startPluginServer('/dev/full');
    const full = world.pluginServer;
    let code: number | null | undefined;
    void full.exited.then((ended) => (code = ended));
    return {
      async end() {
        await world.startPluginServer();
      },
      check: () =>
        Promise.resolve(code === 0 ? [] : [`it ended with ${code ?? 'a signal'} for its log`]),
    };
  },
  // While one takes the place of the other.
  mayRefuse,
};

const second: Trial = {
  async begin(world) {
    const child = world.startAnotherPluginServer();
    const code = await child.exited;
    const said = child.stderr.includes('PLUGIN_SERVER_SOCKET_IN_USE');
    return {
      end: () => Promise.resolve(),
      check: () =>
        Promise.resolve(
          code === 1 && said ? [] : [`the second ended with ${code}: ${child.stderr}`],
        ),
    };
  },
};

export const pluginServer: Row = {
  ...elsewhere('It decides nothing: it reads a snapshot and answers Kong.'),
  'down at start': [downAtStart],
  'down while nothing changes': [pluginServerDownUnasked],
  'dies midway': [ends('SIGKILL', 'under load')],
  hangs: [halts],
  slow: [starves],
  '500': noStatus,
  '429 with Retry-After': noStatus,
  '401': noStatus,
  // What comes in is spoiled: what it answers itself only Kong could get wrong.
  'half an answer': [noise(request)],
  'wrong content type': [noise(Buffer.from('GET / HTTP/1.1\r\nHost: kong\r\n\r\n'))],
  'invalid JSON': [noise(Buffer.from([0xc1, 0xff, 0x00, 0xc1]))],
  'truncated body': [
    noise(Buffer.from([0x94, 0x00, 0x01, 0xdb, 0xff, 0xff, 0xff, 0xff, 0x41]), true),
  ],
  'empty list': noList,
  'duplicate pages': noList,
  'missing pages': noList,
  'set changes during the walk': noList,
  'disk full': [logFull],
  'read-only folder': na('It then cannot make its socket and does not start: as down at start.'),
  'file replaced by a symlink': [linkInPlace],
  'clock jumps forward': [clock(1)],
  'clock jumps back': [clock(-1)],
  'SIGTERM at each step': [
    ends('SIGTERM', 'under load'),
    endsAtStart('SIGTERM'),
    endsReading('SIGTERM'),
  ],
  'kill -9 at each step': [
    ends('SIGKILL', 'under load'),
    endsAtStart('SIGKILL'),
    endsReading('SIGKILL'),
  ],
  'two at once': [second],
};
