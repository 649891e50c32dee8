/**
 * Keeps the mesh's own resources in the control plane: setup.js AUTHORITY TOKENS
 *
 * The control plane's store is memory, so it starts empty each time. Every file of the folder `mesh`
 * beside this one is put back whenever it is missing or differs, and the certificate that sidecars trust
 * follows the control plane's. `setup.js health` asks the running one whether all of it stands.
 */
'use strict';

const { readdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { createServer, get } = require('node:http');
const { join } = require('node:path');
const { setTimeout: wait } = require('node:timers/promises');
const tls = require('node:tls');

const { API: api = 'http://control-plane:5681', SIDECARS: sidecars = 'control-plane:5678' } =
  process.env;
const healthPort = 9654;
const intervalMs = 1_000;
const timeoutMs = 3_000;

/** What is wrong now; empty when all stands. */
let problem = 'not checked yet';

async function main([authority, tokens]) {
  const resources = readdirSync(join(__dirname, 'mesh'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(__dirname, 'mesh', name), 'utf8')));
  serveHealth();
  for (;;) {
    const before = problem;
    try {
      const token = readFileSync(join(authority, 'admin'), 'utf8');
      for (const resource of resources) await keep(resource, token);
      keepCertificate(join(tokens, 'control-plane.crt'), await certificate());
      problem = '';
    } catch (error) {
      problem = error.cause?.message ?? error.message;
    }
    if (problem !== before) process.stdout.write(`${problem || 'the mesh stands'}\n`);
    await wait(intervalMs);
  }
}

async function keep(resource, token) {
  const { type, mesh, name } = resource;
  const path =
    type === 'Mesh' ? `/meshes/${name}` : `/meshes/${mesh}/${type.toLowerCase()}s/${name}`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const signal = () => AbortSignal.timeout(timeoutMs);
  const found = await fetch(api + path, { headers, signal: signal() });
  if (found.ok && holds(await found.json(), resource)) return;
  if (!found.ok && found.status !== 404) throw new Error(`GET ${path}: ${found.status}`);
  const body = JSON.stringify(resource);
  const written = await fetch(api + path, { method: 'PUT', headers, body, signal: signal() });
  if (!written.ok) throw new Error(`PUT ${path}: ${written.status} ${await written.text()}`);
  process.stdout.write(`wrote ${type} ${name}\n`);
}

/** Whether `found` says all that `wanted` says; the control plane adds fields of its own. */
function holds(found, wanted) {
  if (typeof wanted !== 'object' || wanted === null) return found === wanted;
  return (
    typeof found === 'object' &&
    found !== null &&
    Object.entries(wanted).every(([key, value]) => holds(found[key], value))
  );
}

/** The control plane's own certificate, as it shows it on this network. */
function certificate() {
  const [host, port] = sidecars.split(':');
  const socket = tls.connect({ host, port, servername: host, rejectUnauthorized: false });
  return new Promise((resolve, reject) => {
    socket.setTimeout(timeoutMs, () => reject(new Error(`${sidecars} does not answer`)));
    socket.once('error', reject).once('secureConnect', () => {
      const lines = socket
        .getPeerCertificate()
        .raw.toString('base64')
        .match(/.{1,64}/g);
      resolve(`-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`);
    });
  }).finally(() => socket.destroy());
}

function keepCertificate(file, text) {
  try {
    if (readFileSync(file, 'utf8') === text) return;
  } catch {
    // It is not there yet.
  }
  writeFileSync(`${file}.new`, text, { mode: 0o640 });
  renameSync(`${file}.new`, file);
  process.stdout.write(`wrote ${file}\n`);
}

function serveHealth() {
  createServer((_, response) => response.writeHead(problem ? 503 : 200).end(problem)).listen(
    healthPort,
    '127.0.0.1',
  );
}

if (process.argv[2] === 'health') {
  get({ host: '127.0.0.1', port: healthPort, timeout: timeoutMs }, ({ statusCode }) =>
    process.exit(statusCode === 200 ? 0 : 1),
  ).on('error', () => process.exit(1));
} else {
  process.once('SIGTERM', () => process.exit(0));
  main(process.argv.slice(2));
}
