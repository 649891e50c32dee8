import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { emptyConfigHash } from '../config-view';
import { AdminContext } from './admin-context';
import type { AdminOptions } from './admin-options';
import type { AdminServer, Listener } from './admin-server';
import { loadStartText } from './dbless/answer-config';
import { FaultQueue } from './faults';
import { Refusal, unexpected } from './reply';
import { RequestLog } from './request-log';
import { send, serveRequest } from './serve-request';
import type { Serving } from './serve-request';

/**
 * Starts a stand-in of Kong 3.9's Admin API on loopback. It answers as the recorded exchanges show.
 *
 * @throws where the port is taken, or the declarative file is missing or refused.
 */
export async function startAdmin(options: AdminOptions): Promise<AdminServer> {
  const context = new AdminContext(options);
  if (options.declarativeConfigFile !== undefined) {
    await loadFile(context, options.declarativeConfigFile);
  }
  const stopping = new AbortController();
  const faults = new FaultQueue();
  const requests = new RequestLog();
  let served = 0;
  const serving: Serving = {
    context,
    faults,
    requests,
    count: () => served,
    signal: stopping.signal,
  };
  const admin = await listen(options.port ?? 0, (incoming, response) => {
    served++;
    serveRequest(serving, incoming, response).catch(() => {
      if (response.headersSent || response.destroyed) response.destroy();
      else send(response, unexpected, 'GET');
    });
  });
  const status =
    options.statusPort === undefined
      ? undefined
      : await listen(options.statusPort, makeStatusListener(context)).catch(
          async (error: unknown) => {
            await close(admin.server);
            throw error;
          },
        );
  return {
    url: `http://127.0.0.1:${admin.port}`,
    port: admin.port,
    ...(status ? { statusUrl: `http://127.0.0.1:${status.port}` } : {}),
    feed: context.feed,
    faults,
    requests,
    health: context.health,
    async stop() {
      stopping.abort();
      await Promise.all([close(admin.server), status && close(status.server)]);
    },
  };
}

/** Kong refuses to start on a bad file. */
async function loadFile(context: AdminContext, file: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  try {
    loadStartText(context, text);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Error(`${file}: ${JSON.stringify(error.reply.body)}`, { cause: error });
  }
}

/** `/status/ready`: no document, or an empty one, takes a node out of readiness (seen). */
function makeStatusListener(context: AdminContext): RequestListener {
  return (incoming, response) => {
    incoming.resume();
    if (incoming.url !== '/status/ready') {
      send(response, { status: 404, body: { message: 'Not found' } }, 'GET');
    } else if (context.mode === 'dbless' && context.configHash === emptyConfigHash) {
      const message = 'no configuration available (empty configuration present)';
      send(response, { status: 503, body: { message } }, 'GET');
    } else {
      send(response, { status: 200, body: { message: 'ready' } }, 'GET');
    }
  };
}

async function listen(port: number, listener: RequestListener): Promise<Listener> {
  const server = createServer(listener);
  // A pool that reuses a connection just as it closes meets a reset: Kong keeps them for 65 s.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  return { server, port: (server.address() as AddressInfo).port };
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
