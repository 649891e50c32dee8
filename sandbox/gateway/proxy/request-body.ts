import type { RequestContext } from './request-context';

/** The whole body; read once, and sent to the upstream from memory afterwards. */
export async function readRequestBody(context: RequestContext): Promise<Buffer> {
  if (context.body) return context.body;
  const chunks: Buffer[] = [];
  for await (const chunk of context.request) chunks.push(chunk as Buffer);
  context.body = Buffer.concat(chunks);
  return context.body;
}

/** Whether the client announced a body. */
export function hasBody({ headers }: RequestContext): boolean {
  return (
    headers.get('transfer-encoding') !== undefined || Number(headers.get('content-length')) > 0
  );
}
