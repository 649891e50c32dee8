import type { World } from '../../../sandbox/world';
import type { KongForm } from './configuration';

/** What was there before the daemon, and is none of its business. */
export async function putUsersOwn(
  { controlPlane, admin }: World,
  form: KongForm,
  address: string,
): Promise<void> {
  controlPlane.put({
    type: 'Dataplane',
    mesh: 'default',
    name: 'kong-01',
    labels: { team: 'edge' },
    networking: {
      address: '127.0.0.1',
      gateway: { type: 'DELEGATED', tags: { 'kuma.io/service': 'kong', version: 'v7' } },
      outbound: [{ address, port: 20_000, tags: { 'kuma.io/service': 'payments' } }],
    },
  });
  if (form !== 'admin') return;
  const response = await fetch(`${admin.url}/services`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'legacy', host: 'legacy.internal', tags: ['team-b'] }),
  });
  if (!response.ok) throw new Error(await response.text());
}
