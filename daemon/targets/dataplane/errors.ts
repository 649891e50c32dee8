/** What can go wrong with the gateway's own Dataplane, and what to do about it. */
import { defineErrors } from '../../../catalog/error';

export const dataplaneErrors = defineErrors({
  DATAPLANE_MISSING: {
    message: 'Mesh {mesh} has no Dataplane {names} for the gateway.',
    remedy:
      'Create it before its proxy starts, or set gateway.create.address; check gateway.dataplane, gateway.labels, gateway.workload and gateway.service. From Kuma 3.0 on kuma.io/service finds no gateway.',
  },
  DATAPLANE_PARTLY_MISSING: {
    severity: 'warning',
    message: 'The Dataplane does not exist, while others of the gateways do.',
    remedy: 'Create it, or take its name out of gateway.dataplane; the others go on without it.',
  },
  DATAPLANE_ABSENT: {
    severity: 'warning',
    message:
      'The Dataplane is gone since {seconds} s: its proxy may be registering again, so nothing is created yet.',
    remedy: 'Nothing, if kuma-dp was just restarted; otherwise check that it runs.',
  },
  DATAPLANE_FOREIGN_MESH: {
    message: 'The Dataplane belongs to mesh {found}, not to {mesh}.',
    remedy: 'Set mesh in kong-meshd.yaml to that of the gateway, or name another Dataplane.',
  },
  DATAPLANE_FOREIGN_ZONE: {
    message: 'The Dataplane is in zone {found}, not in {zone}.',
    remedy:
      'Use the control plane of the zone the gateway is in, and correct gateway.zone or the kuma.io/zone tag.',
  },
  DATAPLANE_ZONES_DIFFER: {
    message: 'The gateways are in several zones: {zones}.',
    remedy:
      'Run one daemon a zone against its control plane: only that one takes writes of its Dataplanes.',
  },
  DATAPLANE_NOT_DELEGATED: {
    message: 'The Dataplane is no gateway: it has inbounds, or is a builtin gateway.',
    remedy:
      'Take its inbounds off (until Kuma 2.14 also give it networking.gateway of type DELEGATED), or name the Dataplane Kong runs behind.',
  },
  DATAPLANE_TAG_INVALID: {
    message: '{value} cannot be the kuma.io/service of a gateway.',
    remedy:
      'Use letters, digits, dots, dashes and underscores in gateway.service, at most 253 of them.',
  },
  DATAPLANE_PORTS_EXHAUSTED: {
    severity: 'warning',
    message:
      'No port is left in {first}-{last} for {count} outbounds, such as {target}: {resting} ports rest, {unconfirmed} of them until every gateway is seen connected. No port is taken from another service.',
    remedy:
      'Widen gateway.outbounds.ports, or wait: ports of removed outbounds are free after gateway.outbounds.reuseAfter, once no sidecar, Kong entity or snapshot can point at them.',
  },
  DATAPLANE_PORTS_WAIT: {
    severity: 'warning',
    message:
      'No port is given to {count} outbounds, such as {target}, before Kong can be read: it may still point at any port of {first}-{last}.',
    remedy:
      "Make Kong's Admin API reachable; with plugin.snapshot set the daemon knows what it gave out before.",
  },
  DATAPLANE_PORT_TAKEN: {
    message: 'Something else already listens at {place}, where an outbound was to be.',
    remedy:
      'Keep other programs out of gateway.outbounds.ports: several ports were tried, and all were taken.',
  },
  DATAPLANE_RANGE_SHARED: {
    severity: 'warning',
    message: 'The outbound at {place} lies in the port range of the daemon and is not its own.',
    remedy:
      'Move it out of gateway.outbounds.ports, or give another range; its port is left alone.',
  },
  DATAPLANE_PORT_TWICE: {
    severity: 'warning',
    message: 'Two outbounds are at {place}: the sidecar listens for one of them only.',
    remedy: 'Give one of them another port; the API accepts both without a word.',
  },
  DATAPLANE_DESTINATION_TWICE: {
    severity: 'warning',
    message:
      'The outbound at {place} does not listen: a later one leads to {target} as well, and from Kuma 3.0 on a destination has one listener.',
    remedy: 'Take one of them off the Dataplane.',
  },
  DATAPLANE_NOT_CONFIGURED: {
    message:
      'The proxy is connected and has no configuration at all: the control plane cannot name it ({cause}).',
    remedy:
      'Set gateway.workload, so that the Dataplane gets the label kuma.io/workload; check that a MeshIdentity selects it and is Ready, and see the log of the control plane.',
  },
  DATAPLANE_NO_FORM: {
    severity: 'warning',
    message: 'No outbound can lead to {service}: {reason}.',
    remedy: 'Link to the MeshService, or ask for another address form.',
  },
  DATAPLANE_TRANSPARENT: {
    severity: 'warning',
    message: 'Links ask for outbounds, but the gateway has transparent proxying and needs none.',
    remedy: 'Take address: outbound out of these links, or the transparent proxy off the gateway.',
  },
  DATAPLANE_SERVICE_DIFFERS: {
    severity: 'warning',
    message: 'Its kuma.io/service is {found}, not {service}: permissions may deny the gateway.',
    remedy: 'Correct the tag, or set gateway.align to enforce.',
  },
  DATAPLANE_WORKLOAD_DIFFERS: {
    severity: 'warning',
    message: 'Its label kuma.io/workload is {found}, not {workload}.',
    remedy: 'Correct the label, or set gateway.align to enforce.',
  },
  DATAPLANE_WORKLOAD_DENIED: {
    message:
      'Its kuma.io/workload is {found} and should be {workload}, but no MeshTrafficPermission allows the SPIFFE ID {after}.',
    remedy:
      'Allow {after} beside {before} first, as in {policies}, or correct gateway.workload; see sync --rename.',
  },
  DATAPLANE_WORKLOAD_CHANGED: {
    severity: 'warning',
    message:
      'Its kuma.io/workload was {found} and is {workload} now; its certificate keeps the old identity until the next one is made.',
    remedy:
      'Give kuma-dp a token for name {dataplane} and workload {workload} and restart it; keep the old identity allowed until then.',
  },
  DATAPLANE_NO_WORKLOAD: {
    severity: 'warning',
    message:
      'The Dataplane has no label kuma.io/workload: from Kuma 3.0 on a gateway has no identity without it, and its proxy gets no configuration.',
    remedy:
      'Set gateway.workload to the identity that permissions allow, and give kuma-dp a token for that workload before its next start.',
  },
  DATAPLANE_RENAME_PLAIN: {
    message:
      'The Dataplane has no gateway block, and so no kuma.io/service to change: it goes by the label kuma.io/workload.',
    remedy: 'Set gateway.workload, and walk the stages with sync --rename.',
  },
  DATAPLANE_TAG_IGNORED: {
    severity: 'warning',
    message: 'The control plane takes no kuma.io/service tag: it came back without {service}.',
    remedy: 'Set gateway.workload: from Kuma 3.0 on the label is the identity of a gateway.',
  },
  DATAPLANE_RENAME_DENIED: {
    message:
      'Its kuma.io/service is {found} and should be {service}, but no MeshTrafficPermission allows {service}.',
    remedy:
      'Allow {service} beside {found} first, as in {policies}, or correct gateway.service; see sync --rename.',
  },
  DATAPLANE_RENAME_BLOCKED: {
    message: 'The rename from {from} to {to} cannot go on: a permission would deny the new name.',
    remedy: '{todo}',
  },
  DATAPLANE_RENAMED: {
    severity: 'warning',
    message:
      'Its kuma.io/service was {found} and is {service} now; open connections keep the old identity.',
    remedy:
      'Keep {found} allowed until they are drained or kuma-dp is restarted; its token must allow {service} by then.',
  },
  DATAPLANE_CHANGED: {
    message: 'It changed between planning and writing: {what}.',
    remedy: 'Nothing: the next pass plans again.',
  },
  DATAPLANE_CONTESTED: {
    severity: 'warning',
    message:
      'Another daemon keeps {count} outbounds on it that this one removed, so they stay: {examples}.',
    remedy:
      'Give both daemons the same Kong configuration, or each its own Dataplane or port range (gateway.outbounds.ports).',
  },
  DATAPLANE_CONFLICT: {
    message: 'Writing it met another writer {attempts} times in a row.',
    remedy: 'Find out what else keeps writing this Dataplane; the next pass tries again.',
  },
  DATAPLANE_UNREADABLE: {
    message: 'What the control plane shows of it cannot be understood: {cause}.',
    remedy: 'Check the version of the control plane: 2.6 and later are supported.',
  },
  DATAPLANE_WRITE_UNAUTHORISED: {
    message: 'The control plane at {url} refuses the credentials for writing it (401).',
    remedy: 'Write a valid user token to the tokenFile of the kuma source.',
  },
  DATAPLANE_WRITE_FORBIDDEN: {
    message: 'The control plane at {url} does not let this user write it (403): {reason}.',
    remedy: 'Give the user of the token write access to the Dataplanes of the mesh.',
  },
  DATAPLANE_WRITE_ELSEWHERE: {
    message: 'The control plane at {url} takes no Dataplanes (405): {reason}',
    remedy: 'Point the kuma source at the Universal control plane of the zone the gateway is in.',
  },
  DATAPLANE_REFUSED: {
    message: 'The control plane refuses the Dataplane (400): {reason}.',
    remedy: 'Correct what it names; nothing was changed.',
  },
  DATAPLANE_WRITE_FAILED: {
    message: 'The control plane answers the write with {status}: {reason}.',
    remedy: 'Look at the logs of the control plane; the next pass tries again.',
  },
  DATAPLANE_LISTENER_LATE: {
    message:
      'The sidecar does not listen at {place} after {waitedMs} ms, where it should for {target}.',
    remedy: 'Check that {target} exists and has this port; the rest goes on without it.',
  },
  DATAPLANE_LISTENER_MISSING: {
    severity: 'warning',
    message: 'The sidecar still does not listen at {place} for {target}; nothing is led there.',
    remedy:
      'Check that {target} exists and has this port; a MeshMultiZoneService without the label kuma.io/display-name needs it up to Kuma 2.14.',
  },
  DATAPLANE_OFFLINE: {
    message: 'The sidecar of the Dataplane is not connected to the control plane.',
    remedy: 'Start it with kuma-dp run --name {name} --mesh {mesh}, or look into its log.',
  },
  DATAPLANE_PEER_OFFLINE: {
    severity: 'warning',
    message: 'The sidecar of the Dataplane is not connected; the pass goes on without it.',
    remedy: 'Start it, or remove the Dataplane: it gets its outbounds when it connects.',
  },
  DATAPLANE_FILE_OWNED: {
    message: 'The Dataplane belongs to the file kuma-dp starts from: {evidence}.',
    remedy:
      'Set gateway.owner to file with gateway.file.path, or run kuma-dp with --name and --mesh; then restart the daemon.',
  },
  DATAPLANE_FILE_UNSET: {
    message: 'gateway.owner is file, but gateway.file.path is not set.',
    remedy: 'Name the file that kuma-dp starts from (--dataplane-file).',
  },
  DATAPLANE_FILE_SEVERAL: {
    message: 'gateway.owner is file, but there are several gateways: {names}.',
    remedy: 'Run a daemon beside each of them, or let the API own them.',
  },
  DATAPLANE_FILE_UNREADABLE: {
    message: 'The Dataplane file {file} cannot be read: {cause}.',
    remedy: 'Write it first: kuma-dp starts from it; check the path and the permissions.',
  },
  DATAPLANE_FILE_INVALID: {
    message: 'The Dataplane file {file} cannot be used: {cause}.',
    remedy: 'Correct the file; it was not changed.',
  },
  DATAPLANE_FILE_UNWRITABLE: {
    message: 'The Dataplane file {file} cannot be written: {cause}.',
    remedy: 'Let the daemon write to its folder: files are replaced by renaming.',
  },
  DATAPLANE_RESTART_DUE: {
    message: 'The Dataplane file {file} has what is needed, but kuma-dp does not run with it yet.',
    remedy: 'Restart kuma-dp, or set gateway.file.command; Kong is left as it is until then.',
  },
  DATAPLANE_COMMAND_FAILED: {
    message: 'The command to restart kuma-dp failed: {cause}.',
    remedy: 'Run {program} by hand to see why; its output is not shown here.',
  },
});

export type DataplaneCode = keyof typeof dataplaneErrors.specs;
