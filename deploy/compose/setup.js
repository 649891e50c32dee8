/**
 * Makes the mesh and issues its tokens, once: setup.js <folder for the tokens>. It must run where the
 * control plane sees it on loopback, because only an admin may issue tokens. Running it again is fine.
 */
'use strict';

const { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { setTimeout: wait } = require('node:timers/promises');
const tls = require('node:tls');

const {
  API: api = 'http://127.0.0.1:5681',
  SIDECAR_PORT: port = '5678',
  BACKENDS: backends = '',
  GATEWAY: gateway = 'kong-01',
} = process.env;
const validFor = '720h';

async function main([folder]) {
  // The control plane makes this mesh itself, a moment after it started to answer.
  await until('the default mesh', async () => (await fetch(`${api}/meshes/default`)).ok);
  for (const name of readdirSync(join(__dirname, 'mesh')).sort()) {
    const resource = JSON.parse(readFileSync(join(__dirname, 'mesh', name), 'utf8'));
    await until(`${resource.type} ${resource.name}`, () => put(resource));
  }
  mkdirSync(folder, { recursive: true });
  // A token bound to a name keeps a gateway in the mesh whatever happens to its tags.
  save(folder, gateway, await issue('dataplane', { mesh: 'default', name: gateway, validFor }));
  for (const service of backends.split(/\s+/).filter(Boolean)) {
    const tags = { 'kuma.io/service': [service] };
    save(folder, service, await issue('dataplane', { mesh: 'default', tags, validFor }));
  }
  save(folder, 'kong-meshd', await issue('user', { name: 'kong-meshd', groups: [], validFor }));
  save(folder, 'control-plane.crt', await certificate());
}

async function put(resource) {
  const { type, mesh, name } = resource;
  const path =
    type === 'Mesh' ? `/meshes/${name}` : `/meshes/${mesh}/${type.toLowerCase()}s/${name}`;
  const response = await fetch(api + path, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(resource),
  });
  if (response.ok) return true;
  throw new Error(`PUT ${path}: ${response.status} ${await response.text()}`);
}

async function issue(kind, request) {
  let token;
  // Its signing keys are made in the first seconds, too.
  await until(`a ${kind} token`, async () => {
    const response = await fetch(`${api}/tokens/${kind}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    token = (await response.text()).trim();
    return token !== '';
  });
  return token;
}

/** The control plane's own certificate. Nobody else can answer on its loopback, so it is to be trusted. */
async function certificate() {
  let pem;
  await until('the certificate', async () => {
    const socket = tls.connect({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      timeout: 2_000,
    });
    try {
      await new Promise((resolve, reject) => {
        socket.once('secureConnect', resolve).once('error', reject);
        socket.once('timeout', () => reject(new Error('no answer')));
      });
      const encoded = socket.getPeerCertificate().raw.toString('base64');
      const lines = encoded.match(/.{1,64}/g).join('\n');
      pem = `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
    } finally {
      socket.destroy();
    }
    return true;
  });
  return pem;
}

/** Readable for its group: the sidecars and the daemon are in it. */
function save(folder, name, text) {
  const file = join(folder, name);
  writeFileSync(`${file}.new`, text, { mode: 0o640 });
  renameSync(`${file}.new`, file);
  process.stdout.write(`wrote ${file}\n`);
}

async function until(what, attempt) {
  const endMs = Date.now() + 60_000;
  for (;;) {
    let problem = 'not there';
    try {
      if (await attempt()) return;
    } catch (error) {
      problem = error.cause?.message ?? error.message;
    }
    if (Date.now() > endMs) throw new Error(`${what}: ${problem}`);
    await wait(500);
  }
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
