import { defineErrors } from '../../catalog/error';

export const translateErrors = defineErrors({
  LINK_UNKNOWN_SERVICE: {
    message: 'The mesh has no service {reference}: {effect}.',
    remedy: '{hint}`kong-meshd catalog` lists the services of the mesh.',
  },
  LINK_AMBIGUOUS_SERVICE: {
    message: 'The mesh has several services {reference} ({candidates}): {effect}.',
    remedy: 'Name one of them in full, with its namespace and zone: {candidates}.',
  },
  LINK_SERVICE_GONE: {
    message:
      'The mesh service {bound}, which the reference {reference} stood for, is gone; others of that name are there ({candidates}) and do not get its requests unasked: {effect}.',
    remedy: 'Name the service that is meant in full, with its namespace and zone: {candidates}.',
  },
  OUTBOUND_AMBIGUOUS: {
    severity: 'warning',
    message:
      'The outbound at {place} to {target} could lead to any of {services}: it counts for none of them.',
    remedy:
      'Name one service in it: backendRef by name, or labels that only one service has, such as kuma.io/display-name with kuma.io/zone.',
  },
  ADDRESS_AMBIGUOUS: {
    severity: 'warning',
    message:
      'The address {place} is that of several mesh services: it does not count for {services}.',
    remedy:
      'Give each service an address of its own: check the HostnameGenerators, and that the sources are of one mesh and zone.',
  },
  LINK_PORT_NEEDED: {
    message: 'The mesh service {reference} has several ports ({ports}): {effect}.',
    remedy: 'Name one of them, by number or by name: {ports}.',
  },
  LINK_UNKNOWN_PORT: {
    message: 'The mesh service {reference} has no such port, only {ports}: {effect}.',
    remedy: 'Name one of its ports, by number or by name: {ports}.',
  },
  LINK_NO_ADDRESS: {
    message: 'The gateway has no {form} address for the mesh service {reference}: {effect}.',
    remedy: '{hint}',
  },
  LINK_HEADLESS: {
    message:
      'The mesh service {reference} is headless: its name stands for Pod IPs, which go past the mesh: {effect}.',
    remedy:
      'Give the Service a ClusterIP, or link a MeshMultiZoneService or a Service with a ClusterIP that selects the same Pods.',
  },
  LINK_SHADOWED: {
    message:
      'The mesh host name {host} is also the name of an upstream of the Kong configuration or of somebody else at the gateway, which Kong would use instead: {effect}.',
    remedy: 'Rename that upstream, or ask for an address that is an IP (service-ip, outbound).',
  },
  PLACEHOLDER_TAKEN: {
    severity: 'warning',
    message:
      'An upstream at the gateway is called {upstream}, the name by which requests of this service are refused, and would get them: {host} is used instead.',
    remedy: 'Rename that upstream: names below .mesh.invalid are for hosts that never resolve.',
  },
  LINK_INVALID: {
    message: '{what}: {effect}.',
    remedy: '{hint}',
  },
  LINK_CONFLICT: {
    severity: 'warning',
    message:
      'Two links name different mesh services: {winner} by the {winnerKind}, {loser} by the {loserKind}. The {winnerKind} counts.',
    remedy: 'Remove the {loserKind} or make both name one service.',
  },
  LINK_PARTIAL: {
    severity: 'warning',
    message:
      'The routes {routes} have no mesh-upstream plugin, so the host of their service stays as it is: they, and requests for which the plugin fails, go past the mesh to {host}.',
    remedy: 'Put the plugin on the service, or move those routes to a service of their own.',
  },
  LINK_MIXED: {
    severity: 'warning',
    message:
      'The routes {routes} have no mesh-upstream plugin and follow the link of their service to {reference}; so do requests for which the plugin fails.',
    remedy: 'Move those routes to a service of their own if they should not share it.',
  },
  LINK_PASSTHROUGH: {
    severity: 'warning',
    message:
      'The plugin has on_missing: passthrough, so the host of the service stays as it is: where the mesh service is missing or the plugin fails, requests go past the mesh to {host}.',
    remedy: 'Use on_missing: reject to have such requests answered with 503.',
  },
  LINK_OUTSIDE_FILES: {
    severity: 'warning',
    message:
      'The files do not define {target} that the plugin is on, so the host of the service stays as it is: requests for which the plugin fails go past the mesh.',
    remedy: 'Add {target} to the files, with its service.',
  },
  LINK_SCOPE: {
    severity: 'warning',
    message: 'The plugin {plugin} is set {scope}: such a plugin names no mesh service for a route.',
    remedy: 'Put it on a route or on a service.',
  },
  LINK_WITHOUT_SERVICE: {
    message: 'The route {route} has no Kong service: Kong answers 503 whatever the plugin does.',
    remedy: 'Give the route a service; its host does not matter, the plugin replaces it.',
  },
  LINK_TLS: {
    severity: 'warning',
    message:
      'The service has protocol {protocol}: to the sidecar this is TLS inside the TLS of the mesh, and the mesh sees no HTTP in it.',
    remedy: 'Use protocol {plain}; the mesh encrypts.',
  },
  LINK_HOST_IS_IP: {
    severity: 'warning',
    message:
      'The host of the service stays the IP address {host}, while the plugin sends requests to the name {target}: Kong answers 500 then.',
    remedy:
      'Put the plugin on all routes of the service, or ask for an address form that is an IP (service-ip or outbound).',
  },
  LINK_FORM_UNREACHABLE: {
    severity: 'warning',
    message: 'The link asks for the address form {form}, which a {gateway} does not reach.',
    remedy: 'Use address auto, or one of: {forms}.',
  },
  LINK_FALLBACK: {
    severity: 'warning',
    message: 'The mesh service {reference} cannot be used ({code}); its fallback {fallback} is.',
    remedy: '{hint}',
  },
  LINK_FALLBACK_UNRESOLVED: {
    severity: 'warning',
    message: 'The fallback {reference} cannot be used ({code}).',
    remedy: '{hint}',
  },
  LINK_TARGET_DOWN: {
    severity: 'warning',
    message:
      'The mesh service {reference} has no healthy endpoint: the target has weight 0 until it has one.',
    remedy: 'Check the endpoints of the service; kong-meshd explain shows them.',
  },
  LINK_TARGET_TWICE: {
    message:
      'Another target of the upstream has the address {address} of the mesh service {reference}: this one has weight 0.',
    remedy: 'Name another service, or put both weights on one target.',
  },
  LINK_UPSTREAM_DOWN: {
    message: 'No target of the upstream can take requests: Kong answers 503.',
    remedy:
      'Mend what the findings of its targets say, or add a target of a service that is there.',
  },
  LINK_NO_WEIGHT: {
    severity: 'warning',
    message: 'All services of the plugin have weight 0: it answers 503, or uses its fallback.',
    remedy: 'Give one of config.services a weight above 0.',
  },
  LINK_TAG_MISPLACED: {
    severity: 'warning',
    message: 'The tag {tag} links services and targets only; here it has no effect.',
    remedy: 'Move the tag to the service, or to a target of an upstream.',
  },
  LINK_TAG_ALONE: {
    severity: 'warning',
    message: 'The tag {tag} chooses an address for a link, and there is no mesh: tag beside it.',
    remedy: 'Add mesh:<service>, or remove the tag.',
  },
  LINK_TAG_MISSPELT: {
    severity: 'warning',
    message:
      'The tag {tag} looks like a link to the mesh and has no effect: links begin with {meant}.',
    remedy: 'Write {meant} in lower case and without blanks, or rename the tag.',
  },
  LINK_PRESERVE_HOST: {
    severity: 'warning',
    message:
      'The routes {routes} have preserve_host: true, which has no effect beside the plugin: the backend sees the Host that the plugin sets.',
    remedy: "Set host_header: preserve in the plugin's config to send the client's Host on.",
  },
  LINK_HOST_NOT_IN_MESH: {
    severity: 'warning',
    message: 'The mesh has no service {reference}: the host stays, and requests go past the mesh.',
    remedy: '{hint}Check that the Service is part of the mesh, or set adopt: false.',
  },
  SERVICE_UNLINKED: {
    severity: 'warning',
    message: 'The service has no link to the mesh: requests go past it.',
    remedy: 'Tag it mesh:<service>, or set onUnlinked: ignore.',
  },
  EXPOSE_INVALID: {
    message: 'The rule {rule} cannot expose {service}: {cause}.',
    remedy: '{hint}',
  },
  EXPOSE_NAME_TAKEN: {
    message:
      'The rule {rule} does not expose {service}: the Kong configuration has its own {taken}, and that one counts.',
    remedy: 'Change the name in the template, or narrow the match.',
  },
  EXPOSE_AMBIGUOUS: {
    message: 'None of {services} is exposed: all of them would make the {taken}.',
    remedy:
      'Use more placeholders in the names (namespace, zone, port), or narrow the match so that one is left.',
  },
  EXPOSE_PORT_NEEDED: {
    message: 'The rule {rule} does not expose {service}: it has several ports ({ports}).',
    remedy: 'Set `port` in the rule, or use the placeholder of the port in the service name.',
  },
});

export type TranslateCode = keyof typeof translateErrors.specs;
