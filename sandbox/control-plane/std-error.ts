import type { Json } from './resource';

export interface Violation {
  readonly field: string;
  readonly message: string;
}

/** An answer that is an error: the `/std-errors` body with its older duplicates, as recorded. */
export class StdError extends Error {
  readonly status: number;
  readonly body: Json;

  constructor(
    status: number,
    title: string,
    detail: string,
    violations: readonly Violation[] = [],
  ) {
    super(`${status} ${title}: ${detail}`);
    this.status = status;
    this.body = {
      type: '/std-errors',
      status,
      title,
      detail,
      ...(violations.length > 0 && {
        invalid_parameters: violations.map(({ field, message }) => ({ field, reason: message })),
      }),
      details: detail,
      ...(violations.length > 0 && { causes: violations }),
    };
  }
}

export function notFound(title = 'Could not retrieve a resource'): StdError {
  return new StdError(404, title, 'Not found');
}

export function badRequest(reason: string): StdError {
  return new StdError(400, 'Bad Request', reason);
}

export function invalidResource(
  violations: readonly Violation[],
  title = 'Could not process a resource',
): StdError {
  return new StdError(400, title, 'Resource is not valid', violations);
}

export function invalidQuery(detail: string, violations: readonly Violation[] = []): StdError {
  return new StdError(400, 'Could not retrieve resources', detail, violations);
}
