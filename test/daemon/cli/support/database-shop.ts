/** The shop with a Kong that has a database. */
import { startAdmin } from '../../../../sandbox/gateway/admin/start-admin';
import type { AdminServer } from '../../../../sandbox/gateway/admin/admin-server';
import { pluginInfo } from '../../../../plugin-server/info';
import type { ExtraPluginSchema } from '../../../../sandbox/gateway/entities/plugin-catalogue';
import {
  firstPlugin,
  type PluginInfoDocument,
} from '../../../../sandbox/gateway/plugin-client/plugin-info';
import { openShop, type Shop } from './shop';

export interface DatabaseShop extends Shop {
  readonly admin: AdminServer;
  /** What somebody else sends; resolves with the parsed answer. */
  readonly call: (method: string, path: string, body?: object) => Promise<any>;
  /** Names of what Kong holds of one type. */
  names(type: string): Promise<readonly string[]>;
}

/** @param target further settings of the target. */
export async function openDatabaseShop(target: object = {}): Promise<DatabaseShop> {
  const shop = await openShop();
  const plugin = firstPlugin(pluginInfo() as unknown as PluginInfoDocument);
  const { Name: name, Priority: priority, Schema: schema } = plugin;
  const { fields } = schema as Pick<ExtraPluginSchema, 'fields'>;
  const admin = await startAdmin({ mode: 'db', extraPluginSchemas: [{ name, fields, priority }] });
  await shop.edit(shop.configFile, (text) =>
    text.replace(
      /"target":\{.*?\}\}/,
      `"target":${JSON.stringify({ admin: { url: admin.url, ...target } })}`,
    ),
  );
  const call: DatabaseShop['call'] = async (method, path, body) => {
    const response = await fetch(admin.url + path, {
      method,
      ...(body
        ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
        : {}),
    });
    const text = await response.text();
    return text === '' ? undefined : JSON.parse(text);
  };
  return Object.assign(shop, {
    admin,
    call,
    async names(type: string) {
      const { data } = (await call('GET', `/${type}`)) as { data: { name: string }[] };
      return data.map(({ name }) => name).sort();
    },
    stop: async () => {
      await admin.stop();
      await shop.world.stop();
    },
  });
}
