import type { Flavour } from './flavour';
import { isObject } from './go-json';
import type { Kind } from './kinds';
import type { Place } from './labels';
import type { Json } from './resource';
import { badRequest, invalidResource } from './std-error';
import type { Violation } from './std-error';
import { violationsOfDataplane } from './validate-dataplane';

const LABEL_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const WITH_PART = [
  'ExternalService',
  'HostnameGenerator',
  'MeshExternalService',
  'MeshHTTPRoute',
  'MeshMultiZoneService',
  'MeshService',
  'MeshTrafficPermission',
];
const DNS_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** What the URL says a body is. */
export interface Address {
  readonly kind: Kind;
  readonly mesh: string;
  readonly name: string;
}

/**
 * Refuses what a real control plane refuses of a PUT body.
 * @throws StdError 400 with the recorded body.
 */
export function validateResource(
  body: Json,
  { kind, mesh, name }: Address,
  options: Place & { flavour: Flavour },
): void {
  refuse([
    ...mustEqual(body['type'], kind.type, 'type'),
    ...(kind.scope === 'mesh' ? mustEqual(body['mesh'], mesh, 'mesh') : []),
    ...mustEqual(body['name'], name, 'name'),
  ]);
  const ofKind =
    kind.type === 'Dataplane'
      ? violationsOfDataplane(body, options.flavour)
      : [...missingPart(kind, body), ...(options.flavour.tags ? [] : goneIn3(kind, body, options))];
  const labels = isObject(body['labels']) ? body['labels'] : {};
  const ofName = kind.type === 'Dataplane' ? nameViolations(name) : [];
  refuse([...ofName, ...ofKind, ...labelViolations(labels, options)]);
  const workload = labels['kuma.io/workload'];
  if (
    options.flavour.tags &&
    kind.type === 'Dataplane' &&
    typeof workload === 'string' &&
    !isDns1035(workload)
  ) {
    throw badRequest(WORKLOAD);
  }
}

/** Whether it can name a MeshService: at most 63 characters, lower case, a letter first. */
export function isDns1035(name: string): boolean {
  return name.length <= 63 && DNS_1035.test(name);
}

function refuse(violations: readonly Violation[]): void {
  if (violations.length > 0) throw invalidResource(violations);
}

function mustEqual(value: unknown, expected: string, field: string): readonly Violation[] {
  if (value === expected) return [];
  return [{ field, message: `${field} from the URL has to be the same as in body` }];
}

function nameViolations(name: string): readonly Violation[] {
  if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)) return [];
  return [{ field: 'name', message: NAME }];
}

/** Without this the object could not even be shown. Not recorded: the texts are the Dataplane's. */
function missingPart({ type }: Kind, body: Json): readonly Violation[] {
  const field = type === 'ExternalService' ? 'networking' : 'spec';
  if (!WITH_PART.includes(type) || isObject(body[field])) return [];
  return [{ field, message: 'must be defined' }];
}

/** What policies and services of 2.x say that 3.x refuses. */
function goneIn3(
  { type }: Kind,
  body: Json,
  { flavour }: { flavour: Flavour },
): readonly Violation[] {
  const spec = isObject(body['spec']) ? body['spec'] : {};
  if (type === 'MeshTrafficPermission' && !Array.isArray(spec['rules'])) {
    return [{ field: 'spec', message: 'policy must define rules' }];
  }
  if (type !== 'MeshService') return [];
  const identities = Array.isArray(spec['identities']) ? spec['identities'].filter(isObject) : [];
  const at = identities.findIndex((one) => one['type'] !== 'SpiffeID');
  const selector = isObject(spec['selector']) ? spec['selector'] : {};
  return [
    ...(at < 0
      ? []
      : [{ field: `spec.identities[${at}].type`, message: 'in body should be one of [SpiffeID]' }]),
    // Not recorded: the release refuses what its main branch drops with a warning.
    ...(flavour.gatewayBlock || selector['dataplaneTags'] === undefined
      ? []
      : [{ field: 'spec.selector.dataplaneTags', message: 'unknown field' }]),
  ];
}

function labelViolations(
  labels: Json,
  { mode, zone, flavour }: Place & { flavour: Flavour },
): readonly Violation[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const reserved = flavour.refusesReservedLabels && isUnknownReserved(key);
    const message = reserved
      ? 'label is reserved and unknown'
      : labelViolation(key, String(value), mode, zone);
    return message === undefined ? [] : [{ field: `labels["${key}"]`, message }];
  });
}

function labelViolation(
  key: string,
  value: string,
  mode: string,
  zone: string,
): string | undefined {
  if (!LABEL_NAME.test(key.slice(key.indexOf('/') + 1))) return NAME_PART;
  if (key === 'kuma.io/origin' && !['global', 'zone'].includes(value)) {
    return `unknown resource origin "${value}"`;
  }
  if (key === 'kuma.io/zone' && mode === 'zone' && value !== zone) {
    return `kuma.io/zone label should have ${zone} value`;
  }
  return undefined;
}

const RESERVED = [
  'deletion-grace-period-started-at',
  'display-name',
  'effect',
  'env',
  'managed-by',
  'mesh',
  'origin',
  'policy-role',
  'workload',
  'zone',
];

function isUnknownReserved(key: string): boolean {
  return key.startsWith('kuma.io/') && !RESERVED.includes(key.slice('kuma.io/'.length));
}

// The wording is the API's own: what a client prints, and what the recordings hold.
const NAME =
  'invalid characters. A lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, ' +
  "'-' or '.', and must start and end with an alphanumeric character";
const NAME_PART =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " +
  "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const WORKLOAD =
  'bad request: labels["kuma.io/workload"]: must be a valid DNS-1035 label (at most 63 characters, matching regex ' +
  "[a-z]([-a-z0-9]*[a-z0-9])?): a DNS-1035 label must consist of lower case alphanumeric characters or '-', " +
  'start with an alphabetic character, and end with an alphanumeric character ' +
  "(e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
