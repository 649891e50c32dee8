/**
 * A server of HTTP/1.1 and of HTTP/2 without TLS on one port: a real sidecar speaks HTTP/2 to whatever
 * it takes for another sidecar, and the stand-in speaks HTTP/1.1.
 */
import { createServer as createHttp, type Server as HttpServer } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { createServer, type Server, type Socket } from 'node:net';

export interface Asked {
  readonly host: string;
  readonly path: string;
}

export interface BothServer {
  readonly server: Server;
  /** Ends it with every connection. */
  close(): Promise<void>;
}

export function createBothServer(answer: (asked: Asked) => object): BothServer {
  const body = (asked: Asked): string => JSON.stringify(answer(asked));
  const json = { 'content-type': 'application/json' };
  const http1: HttpServer = createHttp((request, response) => {
    const { host = '' } = request.headers;
    response.writeHead(200, json).end(body({ host, path: request.url ?? '' }));
  });
  const http2 = createHttp2((request, response) => {
    response.writeHead(200, json).end(body({ host: request.authority, path: request.url }));
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', (first) => {
      socket.pause();
      socket.unshift(first);
      const chosen = first.toString('latin1', 0, 3) === 'PRI' ? http2 : http1;
      chosen.emit('connection', socket);
      process.nextTick(() => socket.resume());
    });
  });
  return {
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
