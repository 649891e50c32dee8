/**
 * Publishes the control plane's API and GUI for looking only: read-only-api.js TARGET PORT
 * Kuma lets anonymous callers write policies, so nothing but GET and HEAD gets past this.
 */
'use strict';

const { createServer, request } = require('node:http');

const target = new URL(process.argv[2]);
const port = Number(process.argv[3]);
const timeoutMs = 10_000;

const server = createServer((incoming, outgoing) => {
  if (incoming.method !== 'GET' && incoming.method !== 'HEAD') {
    outgoing.writeHead(405, { allow: 'GET, HEAD' }).end('read only\n');
    return;
  }
  const { method, url: path } = incoming;
  // No header of the caller's: with a token or a cookie it would not be anonymous.
  const headers = { host: target.host, accept: incoming.headers.accept ?? '*/*' };
  const forwarded = request(target, { method, path, headers, timeout: timeoutMs }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers);
    answer.pipe(outgoing);
  });
  forwarded.on('timeout', () => forwarded.destroy(new Error('no answer')));
  forwarded.on('error', (error) => {
    if (!outgoing.headersSent) outgoing.writeHead(502);
    outgoing.end(`${error.message}\n`);
  });
  outgoing.on('close', () => forwarded.destroy());
  forwarded.end();
});
server.listen(port, '0.0.0.0', () =>
  process.stdout.write(`listening on ${server.address().port}\n`),
);
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
