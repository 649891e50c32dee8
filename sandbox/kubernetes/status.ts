/** Errors as the API server words them. */
import { qualifiedName, type ResourceType } from './resource-types';

export interface StatusBody {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Readonly<Record<string, string>>;
  readonly status: 'Failure';
  readonly message: string;
  readonly reason: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly code: number;
}

export class StatusError extends Error {
  constructor(
    readonly body: StatusBody,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(body.message);
  }
}

export function status(
  code: number,
  reason: string,
  message: string,
  more: Pick<StatusBody, 'details'> & { readonly metadata?: StatusBody['metadata'] } = {},
): StatusBody {
  const { details, metadata = {} } = more;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata,
    status: 'Failure',
    message,
    reason,
    ...(details ? { details } : {}),
    code,
  };
}

export function unauthorized(): StatusError {
  return new StatusError(status(401, 'Unauthorized', 'Unauthorized'));
}

export interface Attempt {
  readonly user: string;
  readonly verb: string;
  readonly type: ResourceType;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

export function forbidden({ user, verb, type, namespace, name }: Attempt): StatusError {
  const what = name === undefined ? qualifiedName(type) : `${qualifiedName(type)} "${name}"`;
  const where =
    namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return new StatusError(
    status(
      403,
      'Forbidden',
      `${what} is forbidden: User "${user}" cannot ${verb} resource "${type.plural}" in API group "${type.group}" ${where}`,
      { details: detailsOf(type, name) },
    ),
  );
}

export function notFound(type: ResourceType, name: string): StatusError {
  const message = `${qualifiedName(type)} "${name}" not found`;
  return new StatusError(status(404, 'NotFound', message, { details: detailsOf(type, name) }));
}

export function alreadyExists(type: ResourceType, name: string): StatusError {
  const message = `${qualifiedName(type)} "${name}" already exists`;
  return new StatusError(status(409, 'AlreadyExists', message, { details: detailsOf(type, name) }));
}

export function conflict(type: ResourceType, name: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualifiedName(type)} "${name}": the object has been modified; please apply your changes to the latest version and try again`;
  return new StatusError(status(409, 'Conflict', message, { details: detailsOf(type, name) }));
}

export function badRequest(message: string): StatusError {
  return new StatusError(status(400, 'BadRequest', message));
}

export function tooLargeVersion(asked: string, current: number): StatusError {
  return new StatusError(
    status(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
      details: {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    }),
    { 'retry-after': '1' },
  );
}

export function expiredList(): StatusError {
  return new StatusError(
    status(410, 'Expired', 'The resourceVersion for the provided list is too old.'),
  );
}

export function expiredContinue(token: string): StatusError {
  const message =
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';
  return new StatusError(status(410, 'Expired', message, { metadata: { continue: token } }));
}

/** What a watch from too far back gets: not an HTTP status, but an event in a 200. */
export function expiredWatch(asked: number, oldest: number): StatusBody {
  return status(410, 'Expired', `too old resource version: ${asked} (${oldest})`);
}

function detailsOf({ group, plural }: ResourceType, name: string | undefined) {
  return {
    ...(name === undefined ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind: plural,
  };
}
