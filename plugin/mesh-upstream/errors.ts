import { defineErrors } from '../../catalog/error';

/** Why a request was turned away. The client sees code and message, the log the remedy as well. */
export const upstreamErrors = defineErrors({
  UPSTREAM_CONFIG_INVALID: {
    message: 'The mesh-upstream plugin for {service} is configured wrongly: {cause}.',
    remedy: 'Correct the plugin in kong.yml; kong-meshd validate names the field.',
  },
  UPSTREAM_SNAPSHOT_MISSING: {
    message: 'No snapshot of the mesh services has been read yet, so {service} has no address.',
    remedy:
      'Check that kong-meshd runs and writes the file that the plugin reads (config.snapshot or KONG_MESHD_SNAPSHOT).',
  },
  UPSTREAM_SERVICE_UNKNOWN: {
    message: 'The mesh has no service {service}.',
    remedy: 'Check the name with kong-meshd catalog, or let on_missing or fallback decide.',
  },
  UPSTREAM_SERVICE_AMBIGUOUS: {
    message: 'The reference {service} names several mesh services: {candidates}.',
    remedy: 'Name one of them in full in config.service.',
  },
  UPSTREAM_SERVICE_GONE: {
    message:
      'The mesh service {bound}, which the reference {service} stood for, is gone; others of that name do not get its requests unasked: {candidates}.',
    remedy: 'Name the service that is meant in full in config.service.',
  },
  UPSTREAM_SNAPSHOT_STALE: {
    message:
      'The snapshot of the mesh services cannot be relied on: {cause}. The outbound port of {service} may be that of another service by now.',
    remedy:
      'Check that kong-meshd runs, and that the plugin server can read the file that it writes: mount the folder and not the file, and keep its group.',
  },
  UPSTREAM_PORT_NEEDED: {
    message: 'The mesh service {service} has several ports: {ports}.',
    remedy: 'Set config.port to one of them, by number or by name.',
  },
  UPSTREAM_PORT_UNKNOWN: {
    message: 'The mesh service of {service} has no such port; it has {ports}.',
    remedy: 'Set config.port to one of them, by number or by name.',
  },
  UPSTREAM_NO_ADDRESS: {
    message: 'The gateway has no {form} address for {service}.',
    remedy:
      'Wait until the daemon has made the outbound, or set config.address to a form that kong-meshd catalog lists.',
  },
  UPSTREAM_NO_WEIGHT: {
    message: 'All of the services {service} have weight 0, so none of them gets a request.',
    remedy: 'Give one of config.services a weight above 0, or set a fallback.',
  },
  UPSTREAM_INTERNAL: {
    message: 'The mesh-upstream plugin failed on a request for {service}: {cause}.',
    remedy: 'This is a fault of the plugin; report it with this line of the log.',
  },
});

export type UpstreamCode = keyof typeof upstreamErrors.specs;
