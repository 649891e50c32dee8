import { startControlPlane } from '../../../sandbox/control-plane/control-plane';
import type { ControlPlane } from '../../../sandbox/control-plane/control-plane';
import { exchange, send } from './exchange';
import type { Reply } from './exchange';

const KONG = exchange('put-dp-kong-01').request.body;
const PATH = '/meshes/default/dataplanes/kong-01';

describe('writes', () => {
  let controlPlane: ControlPlane;

  beforeEach(async () => {
    controlPlane = await startControlPlane({ commitMs: 5 });
  });

  afterEach(() => controlPlane.stop());

  it('create, replace, delete, and miss what is gone', async () => {
    const statuses = [await put(), await put(), await remove(), await remove()].map(
      ({ status }) => status,
    );

    expect(statuses).toEqual([201, 200, 200, 404]);
  });

  it('lose with 409 where two are in the same commit window, and win when tried again', async () => {
    await put();

    const replies = await Promise.all(Array.from({ length: 40 }, () => put()));
    const again = await put();

    const lost = replies.filter(({ status }) => status === 409);
    expect(replies.every(({ status }) => status === 200 || status === 409)).toBe(true);
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.length).toBeLessThan(40);
    expect(lost[0]?.body.detail).toBe('resource conflict');
    expect(again.status).toBe(200);
  });

  it('never conflict one after the other: there is no precondition', async () => {
    const replies: Reply[] = [];
    for (let at = 0; at < 5; at++) replies.push(await put());

    expect(replies.map(({ status }) => status)).toEqual([201, 200, 200, 200, 200]);
  });

  it('move the modification time even where nothing differs', async () => {
    await put();
    const { body: before } = await send(controlPlane.url, PATH);
    await put();

    const { body: after } = await send(controlPlane.url, PATH);

    expect(after.creationTime).toBe(before.creationTime);
    expect(Date.parse(after.modificationTime)).toBeGreaterThan(Date.parse(before.modificationTime));
  });

  it('take a whole GET object back', async () => {
    await put();
    const { body } = await send(controlPlane.url, PATH);

    const reply = await put(body);
    const { body: after } = await send(controlPlane.url, PATH);

    expect(reply.status).toBe(200);
    expect({ ...after, modificationTime: '' }).toEqual({ ...body, modificationTime: '' });
  });

  it('replace everything: own labels that are left out are gone, computed ones are not', async () => {
    await put({ ...KONG, labels: { team: 'edge' } });
    const { body: before } = await send(controlPlane.url, PATH);
    await put();

    const { body: after } = await send(controlPlane.url, PATH);

    expect(before.labels).toMatchObject({ team: 'edge', 'kuma.io/zone': 'zone-a' });
    expect(after.labels).not.toHaveProperty('team');
    expect(after.labels).toMatchObject({ 'kuma.io/zone': 'zone-a' });
  });

  it('drop fields nobody knows, and set the zone over a wrong one', async () => {
    const { networking } = KONG;
    const tags = { 'kuma.io/service': 'kong', 'kuma.io/zone': 'elsewhere' };
    await put({
      ...KONG,
      networking: { ...networking, unknown: 1, gateway: { type: 'DELEGATED', tags } },
    });

    const { body } = await send(controlPlane.url, PATH);

    expect(body.networking).not.toHaveProperty('unknown');
    expect(body.networking.gateway).toEqual({
      tags: { 'kuma.io/service': 'kong', 'kuma.io/zone': 'zone-a' },
    });
  });

  it.each(['PATCH', 'POST', 'OPTIONS'])('refuse %s with 405', async (method) => {
    const { status } = await send(controlPlane.url, PATH, { method });

    expect(status).toBe(405);
  });

  it('refuse to write what is computed', async () => {
    const path = '/meshes/default/service-insights/kong';

    const { status } = await send(controlPlane.url, path, { method: 'PUT' }, '{}');

    expect(status).toBe(405);
  });

  it('are for those only that may, where writers are named', async () => {
    const guarded = await startControlPlane({
      auth: {
        required: true,
        writers: ['gateways'],
        tokens: { reader: { name: 'r', groups: [] }, writer: { name: 'w', groups: ['gateways'] } },
      },
    });
    const as = async (token?: string): Promise<number> => {
      const headers: Record<string, string> =
        token === undefined ? {} : { authorization: `Bearer ${token}` };
      return (await send(guarded.url, PATH, { method: 'PUT', headers }, JSON.stringify(KONG)))
        .status;
    };

    const statuses = [await as(), await as('reader'), await as('writer')];

    expect(statuses).toEqual([401, 403, 201]);
    await guarded.stop();
  });

  async function put(body: unknown = KONG): Promise<Reply> {
    return await send(controlPlane.url, PATH, { method: 'PUT' }, JSON.stringify(body));
  }

  async function remove(): Promise<Reply> {
    return await send(controlPlane.url, PATH, { method: 'DELETE' });
  }
});
