/**
 * The image's health: of a plugin server (KONG_MESHD_SOCKET is set) that its socket accepts, of the
 * daemon that its first pass was applied, or with the argument livez only that its process answers.
 */
'use strict';

const { get } = require('node:http');
const { connect } = require('node:net');

const socket = process.env.KONG_MESHD_SOCKET;
const listen = process.env.KONG_MESHD_STATUS_LISTEN ?? '127.0.0.1:9650';

function end(problem) {
  if (problem) process.stderr.write(`${problem}\n`);
  process.exit(problem ? 1 : 0);
}

setTimeout(end, 4_000, 'no answer').unref();

if (socket) {
  connect(socket)
    .on('connect', () => end())
    .on('error', (error) => end(error.message));
} else {
  const port = Number(listen.slice(listen.lastIndexOf(':') + 1));
  get({ host: '127.0.0.1', port, path: `/${process.argv[2] ?? 'readyz'}` }, (response) => {
    let text = '';
    response.on('data', (chunk) => (text += chunk));
    response.on('end', () => end(response.statusCode === 200 ? undefined : text.trim()));
  }).on('error', (error) => end(error.message));
}
