/** What an answer with an error status means to a user. */
import { MeshdError } from '../../catalog/error';
import { kubernetesClientErrors } from './errors';
import { resourceLabel, type ResourceRef } from './resource-path';

/** What is being done, for messages and for the verb that a role lacks. */
export interface Operation {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch';
  readonly resource?: ResourceRef;
  readonly namespace?: string | undefined;
  readonly path: string;
}

/** Of a `Status` only what is safe to show: it names user, verb, resource and scope, never a secret. */
interface StatusBody {
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly code?: unknown;
}

export function statusError(
  url: string,
  operation: Operation,
  status: number,
  body: unknown,
): MeshdError {
  const { verb, resource, namespace, path } = operation;
  const reason = reasonOf(body);
  switch (status) {
    case 401:
      return kubernetesClientErrors.error('K8S_UNAUTHORISED', { url });
    case 403: {
      const { group = '', plural = path } = resource ?? {};
      const label = resource ? resourceLabel(resource) : path;
      const scope = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
      const details = { verb, resource: label, scope, reason, plural, group };
      return kubernetesClientErrors.error('K8S_FORBIDDEN', details);
    }
    case 404:
      return kubernetesClientErrors.error('K8S_NOT_FOUND', { url, path });
    case 409:
      return kubernetesClientErrors.error('K8S_CONFLICT', { path });
    case 410:
      return kubernetesClientErrors.error('K8S_EXPIRED', { path, reason });
    default:
      return kubernetesClientErrors.error('K8S_STATUS', { url, path, status, reason });
  }
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof MeshdError && codes.includes(error.code);
}

/** OpenSSL's verification results and Node's own. */
const tlsCode = /CERT|^ERR_(TLS|SSL)|^UNABLE_TO_|^EPROTO$|CRL|^HOSTNAME_MISMATCH$/;

/** The error of a request that got no answer; the client's own is dropped, as it holds the headers. */
export function transportError(url: string, error: unknown): MeshdError {
  if (error instanceof MeshdError) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const cause = typeof code === 'string' ? code : 'connection failed';
  return kubernetesClientErrors.error(tlsCode.test(cause) ? 'K8S_TLS' : 'K8S_UNREACHABLE', {
    url,
    cause,
  });
}

function reasonOf(body: unknown): string {
  const { message, reason } = (body ?? {}) as StatusBody;
  if (typeof message === 'string' && message !== '') {
    return message.replace(/[\s\p{C}]+/gu, ' ').slice(0, 300);
  }
  return typeof reason === 'string' ? reason : 'no reason given';
}
