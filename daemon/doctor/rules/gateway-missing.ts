import type { Rule } from '../rule';

export const gatewayMissing: Rule = {
  code: 'KM101',
  name: 'gateway-missing',
  severity: 'error',
  title: "The gateway's Dataplane is not in the mesh",
  why: 'Without its Dataplane the gateway has no sidecar configuration: no outbound listens, no certificate is issued, and every address of the mesh is out of reach. A Dataplane that kuma-dp brings from a file is away while kuma-dp is not connected, and for some seconds after a broken connection.',
  fix: 'Check that kuma-dp of the gateway runs in this mesh, and that gateway.dataplane, gateway.labels, gateway.workload or gateway.service in kong-meshd.yaml names it.',
  check({ facts: { settings, gateways, catalog } }) {
    if (!gateways || !catalog) return [];
    const { dataplanes, service, labelled, mesh } = settings;
    const seen = new Set(gateways.map(({ name }) => name));
    if (dataplanes.length > 0) {
      return dataplanes
        .filter((name) => !seen.has(name))
        .map((name) => ({
          subject: `gateway ${name}`,
          cause: `The mesh ${mesh} has no Dataplane ${name}.`,
        }));
    }
    if (service === undefined && labelled === undefined) {
      return [
        {
          subject: `mesh ${mesh}`,
          severity: 'info',
          cause: 'No Dataplane is configured, so nothing about the gateway itself was checked.',
          fix: 'Name it under gateway.dataplane in kong-meshd.yaml, or its labels under gateway.labels.',
        },
      ];
    }
    if (gateways.length > 0) return [];
    const cause =
      labelled === undefined
        ? `No delegated gateway of the mesh ${mesh} has the kuma.io/service ${service ?? ''}.`
        : `The mesh ${mesh} has no gateway ${labelled}.`;
    return [{ subject: `mesh ${mesh}`, cause }];
  },
};
