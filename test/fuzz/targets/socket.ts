/** The plugin server as a whole, on a real socket: it lives on whatever is written there. */
import { once } from 'node:events';
import { connect } from 'node:net';

import { splitBytes } from '../engine/mutate-bytes';
import { Random } from '../engine/random';
import { must, type Target } from '../target';
import { streamOf } from '../wire';
import { startSampleServer } from '../../plugin-server/support/sample-server';

export const socket: Target = {
  name: 'socket',
  weight: 3,
  form: 'bytes',
  generate: streamOf,
  async open() {
    const sample = await startSampleServer();
    const healthy = await sample.instance({ behaviour: 'set_target', host: '127.0.0.1', port: 80 });
    return {
      async run(input) {
        const connection = connect(sample.server.socket);
        connection.on('error', () => undefined);
        let answered = false;
        connection.on('data', () => (answered = true));
        await once(connection, 'connect');
        const random = new Random(input.toString('latin1'));
        const pieces = splitBytes(input, random);
        for (const piece of pieces.length > 50 ? [input] : pieces) connection.write(piece);
        connection.end();
        // What it has not read by then may end the connection with a reset, and that is all right.
        await new Promise((resolve) => connection.once('close', resolve));
        const { client, id } = healthy;
        const { calls, end } = await client.event(id);
        must(calls[0]?.[0] === 'kong.service.set_target', 'others get no answer');
        must(end === 'returned', 'others get no end');
        sample.lines.length = 0;
        must(sample.server.counts().connections <= 3, 'a connection is never let go of');
        return answered;
      },
      close: () => sample.stop(),
    };
  },
};
