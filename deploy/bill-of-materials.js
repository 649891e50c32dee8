/**
 * What an installation brings, from the lock file: a software bill of materials (CycloneDX), or with
 * `--licenses` a list of packages and licenses, which ends with 1 where one is not permitted below.
 *
 * It is npm's own bill without the development packages: `npm sbom --omit=dev` (npm 10 and 11) also leaves
 * out what development packages share with the installation.
 */
'use strict';
const { execFileSync } = require('node:child_process');
const { join } = require('node:path');

/** Permissive licenses; everything else is for a person to look at first. */
const permitted = /^(0BSD|Apache-2\.0|BlueOak-1\.0\.0|BSD-[23]-Clause|ISC|MIT)$/;

const args = ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application'];
const options = { cwd: join(__dirname, '..'), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 };
const bill = JSON.parse(execFileSync('npm', args, options));

const isDevelopment = ({ properties = [] }) =>
  properties.some(({ name }) => name === 'cdx:npm:package:development');
const components = bill.components.filter((component) => !isDevelopment(component));
const kept = new Set([bill.metadata.component, ...components].map((part) => part['bom-ref']));
const dependencies = bill.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((on) => kept.has(on)) }));
// npm takes the name of the folder.
const component = { ...bill.metadata.component, name: 'kong-meshd' };

if (process.argv.includes('--licenses')) {
  for (const { name, version, licenses = [] } of components) {
    const license = licenses.map((one) => one.license?.id ?? one.expression ?? '').join(' and ');
    const isPermitted = permitted.test(license);
    if (!isPermitted) process.exitCode = 1;
    const note = isPermitted ? '' : '  (not on the list of permitted licenses)';
    process.stdout.write(`${name} ${version} ${license || 'unknown'}${note}\n`);
  }
} else {
  const metadata = { ...bill.metadata, component };
  process.stdout.write(
    `${JSON.stringify({ ...bill, metadata, components, dependencies }, null, 2)}\n`,
  );
}
