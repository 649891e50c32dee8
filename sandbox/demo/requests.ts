/** Requests through the gateway, as the demo shows them. */
import type { ServiceAnswer } from '../services/service';

export interface Answer {
  readonly status: number;
  /** Present where a service of the sandbox answered. */
  readonly service?: ServiceAnswer;
  readonly body: string;
}

export async function get(proxyUrl: string, path: string): Promise<Answer> {
  const response = await fetch(`${proxyUrl}${path}`, { signal: AbortSignal.timeout(5000) });
  const body = await response.text();
  const parsed = parse(body);
  return {
    status: response.status,
    body,
    ...(parsed !== undefined && 'instance' in parsed ? { service: parsed as ServiceAnswer } : {}),
  };
}

/** `GET /orders → 200 by orders-a, which saw Host orders.svc.mesh.local:8080`. */
export function describe(path: string, { status, service, body }: Answer): string {
  const answer = service
    ? `by ${service.service}-${service.instance}, which saw Host ${service.host}`
    : body.trim();
  return `GET ${path} → ${status} ${answer}`;
}

function parse(body: string): object | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
