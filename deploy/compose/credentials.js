/**
 * Makes the stack's own signing key, once, and signs all tokens with it: credentials.js AUTHORITY TOKENS
 *
 * AUTHORITY gets the key, the admin's token and the control plane's configuration with the public half,
 * TOKENS one token for each proxy and one for the daemon. The control plane accepts no other key and
 * issues nothing itself, so tokens survive its restart although its store is memory.
 * Running it again keeps the key and renews the tokens.
 *
 * Claims and header are those of `kumactl generate dataplane-token --signing-key-path` (Kuma 2.14).
 */
'use strict';

const { createPublicKey, generateKeyPairSync, randomUUID, sign } = require('node:crypto');
const { existsSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const { BACKENDS: backends = '', GATEWAY: gateway = 'kong-01' } = process.env;
const kid = 'compose';
const mesh = 'default';
const validForSeconds = 90 * 24 * 3600;

function main([authority, tokens]) {
  const keyFile = join(authority, 'signing-key.pem');
  if (!existsSync(keyFile)) save(keyFile, newKey());
  const key = readFileSync(keyFile, 'utf8');
  save(join(authority, 'kuma-cp.yaml'), controlPlaneConfig(key));
  save(join(authority, 'admin'), userToken(key, 'mesh-system:admin', ['mesh-system:admin']));
  save(join(tokens, 'kong-meshd'), userToken(key, 'kong-meshd', []));
  // A token bound to a name keeps a gateway in the mesh whatever happens to its tags.
  save(join(tokens, gateway), dataplaneToken(key, { Name: gateway }));
  for (const service of backends.split(/\s+/).filter(Boolean)) {
    save(join(tokens, service), dataplaneToken(key, { Tags: { 'kuma.io/service': [service] } }));
  }
}

function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' });
}

/** JSON is YAML too. */
function controlPlaneConfig(key) {
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  const validator = (more) => ({
    enableIssuer: false,
    validator: { useSecrets: false, publicKeys: [{ kid, key: publicKey, ...more }] },
  });
  const config = {
    apiServer: {
      authn: { localhostIsAdmin: false, tokens: { bootstrapAdminToken: false, ...validator() } },
    },
    dpServer: { authn: { dpProxy: { dpToken: validator({ mesh }) } } },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

function userToken(key, Name, Groups) {
  return jwt(key, { Name, Groups });
}

function dataplaneToken(key, binding) {
  return jwt(key, { Name: '', Mesh: mesh, Tags: {}, Type: 'dataplane', Workload: '', ...binding });
}

function jwt(key, claims) {
  const now = Math.floor(Date.now() / 1000) - 5;
  const registered = { jti: randomUUID(), iat: now, nbf: now, exp: now + validForSeconds };
  const parts = [
    { alg: 'RS256', typ: 'JWT', kid },
    { ...claims, ...registered },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const signed = parts.join('.');
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

/** Readable for the group: the control plane, the sidecars and the daemon are in it. */
function save(file, text) {
  writeFileSync(`${file}.new`, text, { mode: 0o640 });
  renameSync(`${file}.new`, file);
  process.stdout.write(`wrote ${file}\n`);
}

main(process.argv.slice(2));
