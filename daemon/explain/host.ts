/** Which Host the backend sees. Source: Kong's balancer, and what `setTarget` does to Host. */
import type { Linked } from '../doctor/view';
import type { Entity } from '../kong/model';
import type { ResolvedLink } from '../translate/translation';
import type { HostStep } from './explanation';
import type { RoutedRequest } from './request';

export interface HostQuestion {
  readonly service: Entity | undefined;
  readonly route: Entity | undefined;
  readonly link: ResolvedLink | undefined;
  readonly linked: Linked | undefined;
  readonly request: RoutedRequest | undefined;
}

export function hostOf(question: HostQuestion): HostStep {
  const { link, linked } = question;
  // The sidecar writes Host again for what is outside of the mesh, whatever Kong sent.
  if (linked?.service.kind === 'MeshExternalService') {
    return { value: null, reason: 'the sidecar sets the host of the external endpoint' };
  }
  return link?.time === 'request' ? pluginHost(question) : kongHost(question);
}

function pluginHost({ link, request }: HostQuestion): HostStep {
  const { outcome } = link ?? {};
  if (outcome?.state !== 'linked') {
    return { value: null, reason: 'the plugin answers by itself, nothing is sent on' };
  }
  if (outcome.hostHeader !== null) {
    return { value: outcome.hostHeader, reason: 'the plugin sets it (host_header)' };
  }
  return { value: clientHost(request), reason: 'the plugin keeps it (host_header: preserve)' };
}

function kongHost({ service, route, link, request }: HostQuestion): HostStep {
  if (route?.fields['preserve_host'] === true) {
    return { value: clientHost(request), reason: 'the route keeps it (preserve_host)' };
  }
  const outcome = link?.outcome;
  if (outcome?.state === 'linked') {
    return { value: outcome.hostHeader, reason: 'the address that Kong dials' };
  }
  const { host, port, protocol } = service?.fields ?? {};
  if (typeof host !== 'string') return { value: null, reason: 'there is no Kong service' };
  const standard = protocol === 'https' || protocol === 'grpcs' ? 443 : 80;
  const number = typeof port === 'number' ? port : 80;
  const value = number === standard ? host : `${host}:${number}`;
  return { value, reason: 'the address that Kong dials' };
}

function clientHost(request: RoutedRequest | undefined): string | null {
  if (!request) return null;
  const { host, port, scheme } = request;
  return port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${port}`;
}
