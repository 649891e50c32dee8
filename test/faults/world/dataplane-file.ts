/** A proxy that starts from a file, and somebody who restarts it when the file has changed. */
import { readFile, writeFile } from 'node:fs/promises';

import { parse } from 'yaml';

import type { ControlPlane } from '../../../sandbox/control-plane/control-plane';
import type { DataplaneSpec } from '../../../sandbox/control-plane/resource';
import { startSidecar, type Sidecar, type SidecarOptions } from '../../../sandbox/sidecar/sidecar';
import type { Lifetime } from './lifetime';

const dataplaneYaml = (address: string): string => `# Of the team: ask before you change it.
type: Dataplane
mesh: default
name: kong-01
labels: { team: edge }
networking:
  address: 127.0.0.1
  gateway:
    type: DELEGATED
    tags: { kuma.io/service: kong, version: v7 }
  outbound:
    - address: ${address}
      port: 20000
      tags: { kuma.io/service: payments }
`;

export async function startFromFile(
  { file, address }: { readonly file: string; readonly address: string },
  controlPlane: ControlPlane,
  pace: Partial<SidecarOptions>,
  life: Lifetime,
): Promise<Sidecar> {
  let loaded = dataplaneYaml(address);
  await writeFile(file, loaded);
  const spec = parse(loaded) as DataplaneSpec;
  const sidecar = startSidecar({ ...pace, controlPlane, name: 'kong-01', mode: 'file', spec });
  life.own(() => sidecar.stop());
  life.repeat(50, async () => {
    const text = await readFile(file, 'utf8').catch(() => loaded);
    if (text === loaded) return;
    loaded = text;
    const parsed: unknown = parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'networking' in parsed) {
      await sidecar.restart(parsed as DataplaneSpec);
    }
  });
  return sidecar;
}
