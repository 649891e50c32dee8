/** A small HTTP backend: answers with its name and with who called. `health` asks the running one. */
'use strict';

const { createServer, get } = require('node:http');

const { NAME: service = 'backend', PORT: port = '8081', HOST: host = '0.0.0.0' } = process.env;

if (process.argv[2] === 'health') {
  get({ host: '127.0.0.1', port }, (response) => process.exit(response.statusCode === 200 ? 0 : 1));
} else {
  const server = createServer((request, response) => {
    const { host: asked, 'x-forwarded-client-cert': clientCert } = request.headers;
    const answer = { service, path: request.url, host: asked, ...(clientCert && { clientCert }) };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  server.listen(Number(port), host);
  process.once('SIGTERM', () => {
    server.close();
    server.closeAllConnections();
  });
}
