/** The daemon's configuration, and a Kong configuration to begin with. */
import { stringify } from 'yaml';

import type { InstallOptions } from './install';
import { daemonName as name, labels, type Manifest } from './manifest';
import { snapshot, stateFolder } from './pod';

export function configMap(options: InstallOptions): Manifest {
  const { namespace, mesh, selector, service, align, serviceUpstream, election } = options;
  const { pluginServer, ingressController } = options;
  const admin = { url: 'http://127.0.0.1:8001' };
  const config = {
    mesh,
    sources: [
      {
        kubernetes: {
          gateway: { namespace, ...(selector === undefined ? {} : { selector }) },
        },
      },
    ],
    // Where a controller writes Kong's configuration, nobody else must.
    ...(ingressController
      ? {}
      : {
          kong: {
            config: '/etc/kong-meshd/kong.yml',
            // Where each node has a configuration of its own there is nothing to elect a writer for.
            target: election ? { admin } : { dbless: admin },
          },
        }),
    ...(pluginServer ? { plugin: { snapshot } } : {}),
    gateway: {
      environment: 'kubernetes',
      ...(service === undefined ? {} : { service }),
      // As far as the role lets it: without --align it may not annotate anything.
      align: align ? 'enforce' : 'observe',
      ...(serviceUpstream ? { serviceUpstream: 'enforce' } : {}),
    },
    ...(election ? { election: { kubernetes: { namespace, name } } } : {}),
    stateFile: `${stateFolder}/state.json`,
  };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels },
    data: {
      'kong-meshd.yaml': stringify(config),
      ...(ingressController ? {} : { 'kong.yml': '_format_version: "3.0"\n' }),
    },
  };
}
