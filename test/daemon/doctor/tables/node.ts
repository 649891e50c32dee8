import type { Facts, NodeFacts } from '../../../../daemon/doctor/facts';
import { kongRunsPluginServer } from '../../../../daemon/doctor/rules/kong-runs-plugin-server';
import { nodeEmpty } from '../../../../daemon/doctor/rules/node-empty';
import { pluginMissing } from '../../../../daemon/doctor/rules/plugin-missing';
import { pluginServerBehind } from '../../../../daemon/doctor/rules/plugin-server-behind';
import { pluginProtocol } from '../../../../daemon/doctor/rules/plugin-protocol';
import { pluginServerUnreachable } from '../../../../daemon/doctor/rules/plugin-server-unreachable';
import { pluginVersion } from '../../../../daemon/doctor/rules/plugin-version';
import { secondWriter } from '../../../../daemon/doctor/rules/second-writer';
import { snapshotOld } from '../../../../daemon/doctor/rules/snapshot-old';
import { snapshotOpen } from '../../../../daemon/doctor/rules/snapshot-open';
import { snapshotUnusable } from '../../../../daemon/doctor/rules/snapshot-unusable';
import { stockPluginServer } from '../../../../daemon/doctor/rules/stock-plugin-server';
import { factsFrom, pluginOrders } from '../facts-from';
import type { RuleTable } from './table';

const node = (more: Partial<NodeFacts>): Facts =>
  factsFrom({
    kong: pluginOrders,
    more: {
      node: { url: 'http://127.0.0.1:8001', rootFails: false, pluginServers: [], ...more },
    },
  });
const with_ = (more: Partial<Facts>, kong: object = pluginOrders): Facts =>
  factsFrom({ kong: kong as Record<string, unknown>, more });
const plugins = (version?: string) =>
  new Map(version === undefined ? [['cors', '3.9.1']] : [['mesh-upstream', version]]);
const socket = '/run/mesh-upstream.socket';
const file = '/var/lib/catalog.json';
const problem = { code: 'SNAPSHOT_UNREADABLE', message: 'It is not there.', remedy: 'Write it.' };

const behind = (snapshotHashes: readonly string[], ageMs: number): Facts =>
  with_({
    snapshot: { file, hash: 'a'.repeat(64), ageMs, current: true },
    pluginServers: [{ socket, plugins: ['mesh-upstream'], snapshotHashes }],
  });

export const nodeTables: readonly RuleTable[] = [
  {
    rule: kongRunsPluginServer,
    fires: {
      'GET / fails': { facts: node({ rootFails: true }), finds: ['warning kong'] },
      'a start command': {
        facts: node({ pluginServers: [{ name: 'js', startCommand: 'node server.js' }] }),
        finds: ['warning kong'],
        says: 'js: node server.js',
      },
    },
    quiet: {
      'it runs beside Kong': node({ pluginServers: [{ name: 'mesh-upstream', socket }] }),
      'Kong could not be asked': factsFrom(),
    },
  },
  {
    rule: stockPluginServer,
    fires: {
      'its query command': {
        facts: node({
          pluginServers: [{ name: 'js', queryCommand: 'kong-js-pluginserver --dump-all-plugins' }],
        }),
        finds: ['warning kong'],
      },
    },
    quiet: {
      'a static answer': node({
        pluginServers: [{ name: 'mesh-upstream', queryCommand: 'cat /etc/kong/info.json' }],
      }),
    },
  },
  {
    rule: pluginMissing,
    fires: {
      'a node without it': { facts: node({ plugins: plugins() }), finds: ['error kong'] },
    },
    quiet: {
      'a node with it': node({ plugins: plugins('0.1.0') }),
      'nothing uses it': factsFrom({
        more: {
          node: { url: 'http://k', rootFails: false, pluginServers: [], plugins: plugins() },
        },
      }),
      'a node that does not say': node({}),
    },
  },
  {
    rule: pluginVersion,
    fires: {
      'another release': {
        facts: node({ plugins: plugins('0.0.9') }),
        finds: ['warning kong'],
        says: 'mesh-upstream 0.0.9, and this is kong-meshd 0.1.0',
      },
      'a plugin server of another release': {
        facts: with_({
          pluginServers: [{ socket, plugins: ['mesh-upstream'], version: '0.0.9' }],
        }),
        finds: ['warning plugin server'],
        says: 'serves mesh-upstream 0.0.9',
      },
    },
    quiet: {
      'the same release': node({ plugins: plugins('0.1.0') }),
      'a plugin server of the same release': with_({
        pluginServers: [{ socket, plugins: ['mesh-upstream'], version: '0.1.0' }],
      }),
    },
  },
  {
    rule: pluginProtocol,
    fires: {
      'Kong has the info of a release that spoke MsgPack': {
        facts: node({ pluginServers: [{ name: 'mesh_upstream', protocol: 'MsgPack:1' }] }),
        finds: ['error kong'],
        says: 'Kong speaks MsgPack:1 to the plugin server mesh_upstream',
      },
      'the server has another version than the info': {
        facts: with_({
          node: { url: 'http://k', rootFails: false, pluginServers: [], plugins: plugins('0.1.0') },
          pluginServers: [{ socket, plugins: ['mesh-upstream'], version: '0.2.0' }],
        }),
        finds: ['warning plugin server'],
        says: 'serves mesh-upstream 0.2.0, and Kong has the info of 0.1.0',
      },
    },
    quiet: {
      'both speak ProtoBuf, in one version': with_({
        node: {
          url: 'http://k',
          rootFails: false,
          pluginServers: [{ name: 'mesh-upstream', protocol: 'ProtoBuf:1' }],
          plugins: plugins('0.1.0'),
        },
        pluginServers: [{ socket, plugins: ['mesh-upstream'], version: '0.1.0' }],
      }),
      'Kong does not say': node({ pluginServers: [{ name: 'mesh-upstream', socket }] }),
      'it is the stock server': node({
        pluginServers: [
          {
            name: 'mesh-upstream',
            protocol: 'MsgPack:1',
            queryCommand: 'kong-js-pluginserver --dump-all-plugins',
          },
        ],
      }),
      'it is another plugin': node({ pluginServers: [{ name: 'js', protocol: 'MsgPack:1' }] }),
    },
  },
  {
    rule: pluginServerUnreachable,
    fires: {
      'nobody listens': {
        facts: with_({ pluginServers: [{ socket, problem: 'ECONNREFUSED' }] }),
        finds: ['error plugin server'],
        says: 'ECONNREFUSED',
      },
      'nobody listens, and nothing needs it': {
        facts: with_({ pluginServers: [{ socket, problem: 'ENOENT' }] }, {}),
        finds: ['warning plugin server'],
      },
      'another plugin is served there': {
        facts: with_({ pluginServers: [{ socket, plugins: ['other'] }] }),
        finds: ['error plugin server'],
        says: 'it serves: other',
      },
    },
    quiet: {
      'it serves it': with_({ pluginServers: [{ socket, plugins: ['mesh-upstream'] }] }),
      'not asked': with_({}),
    },
  },
  {
    rule: pluginServerBehind,
    fires: {
      'it answers by another snapshot': {
        facts: behind(['b'.repeat(64)], 60_000),
        finds: ['error plugin server'],
        says: 'bbbbbbbbbbbb',
      },
      'one of two files is another': {
        facts: behind(['a'.repeat(64), 'b'.repeat(64)], 60_000),
        finds: ['error plugin server'],
      },
    },
    quiet: {
      'it is in step': behind(['a'.repeat(64)], 60_000),
      'it has had no time to follow': behind(['b'.repeat(64)], 500),
      'it has served nothing yet': behind([], 60_000),
    },
  },
  {
    rule: snapshotUnusable,
    fires: {
      'no file': {
        facts: with_({ snapshot: { file, problem } }),
        finds: [`error snapshot ${file}`],
      },
      'no file, and no plugin': {
        facts: with_({ snapshot: { file, problem } }, {}),
        finds: [`warning snapshot ${file}`],
      },
    },
    quiet: { 'a good one': with_({ snapshot: { file, current: true } }) },
  },
  {
    rule: snapshotOpen,
    fires: {
      'a folder for everybody': {
        facts: with_({ snapshot: { file, writableByAll: ['/var/lib'] } }),
        finds: [`warning snapshot ${file}`],
        says: '/var/lib is writable by all',
      },
      'one that cannot be read as well': {
        facts: with_({ snapshot: { file, writableByAll: [file], problem } }),
        finds: [`warning snapshot ${file}`],
      },
    },
    quiet: {
      'nobody else can write': with_({ snapshot: { file, writableByAll: [] } }),
      'there is no snapshot': factsFrom(),
      'the volume of a Pod': factsFrom({
        kong: pluginOrders,
        settings: { environment: 'kubernetes' },
        more: { snapshot: { file, writableByAll: ['/var/lib'] } },
      }),
    },
  },
  {
    rule: snapshotOld,
    fires: {
      'addresses that routes use': {
        facts: with_({
          snapshot: { file, current: false, ageMs: 3_600_000, differing: ['orders', 'web'] },
        }),
        finds: [`error snapshot ${file}`],
        says: 'written 60 min ago',
      },
      'addresses that no route uses': {
        facts: with_({ snapshot: { file, current: false, differing: ['web'] } }),
        finds: [`warning snapshot ${file}`],
      },
    },
    quiet: {
      'it is current': with_({ snapshot: { file, current: true, ageMs: 86_400_000 } }),
      'the mesh could not be asked': with_({ snapshot: { file, ageMs: 1 } }),
    },
  },
  {
    rule: nodeEmpty,
    fires: {
      'a restarted node': {
        facts: node({ document: { empty: true, ours: false } }),
        finds: ['error kong'],
      },
    },
    quiet: {
      'it holds something': node({ document: { empty: false, ours: true } }),
      'a node with a database': node({}),
    },
  },
  {
    rule: secondWriter,
    fires: {
      'entities that are not ours': {
        facts: node({
          document: {
            empty: false,
            ours: false,
            changes: { count: 1, examples: ['only on the node: service stray'] },
          },
        }),
        finds: ['warning kong'],
        says: 'service stray',
      },
    },
    quiet: {
      'it is ours': node({ document: { empty: false, ours: true } }),
      'other bytes of the same content': node({
        document: { empty: false, ours: false, changes: { count: 0, examples: [] } },
      }),
    },
  },
];
