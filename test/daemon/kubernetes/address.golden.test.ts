/**
 * Golden folders for the address that a mesh service gets on Kubernetes, from the objects of a cluster
 * to what a link is given.
 *
 * To add a case: make a folder `test/golden/kubernetes-address/<case>/` with `in.yaml`, which holds
 *   - `objects`  as the API server has them, as far as they matter; `kind` tells which they are,
 *   - `ask`      references as links write them, with `:port` where there are several,
 * run `UPDATE_GOLDEN=1 npx jest test/daemon/kubernetes/address.golden`, and read `golden.yaml`: for each
 * reference the address without an override, and those of `mesh-address:mesh` and `:service-ip`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse, stringify } from 'yaml';

import { formatAddress } from '../../../catalog/address';
import { createCatalog } from '../../../catalog/catalog';
import { commonGateway } from '../../../catalog/gateway';
import { createBuilder } from '../../../daemon/sources/kubernetes/build-observation';
import { collectFacts, type KindRead } from '../../../daemon/sources/kubernetes/collect-facts';
import {
  kindNames,
  watchedKinds,
  type Kept,
  type KindName,
} from '../../../daemon/sources/kubernetes/watched-kinds';
import { expectGolden } from '../../support/golden';

const root = join(__dirname, '../../golden/kubernetes-address');
const choices = ['auto', 'mesh', 'service-ip'] as const;

const pluralOf = ({ kind }: any): string =>
  kind === 'Mesh' ? 'meshes' : `${String(kind).toLowerCase()}s`;

function observationOf(objects: readonly any[]) {
  const read = (name: KindName): KindRead => {
    const kind = watchedKinds[name];
    const isOperator = kind.resource.group === 'gateway-operator.konghq.com';
    const own = objects.filter(
      (object) => !isOperator && pluralOf(object) === kind.resource.plural,
    );
    const kept: (Kept<unknown> | undefined)[] = own.map((object) => kind.map(object));
    // Every list has been read, whether or not there is something in it.
    return { state: 'read', kept: kept.filter(Boolean) as readonly Kept<never>[] };
  };
  const known = kindNames.map((name) => watchedKinds[name].resource.plural);
  for (const object of objects) expect(known).toContain(pluralOf(object));
  const settings = {
    mesh: 'default',
    selection: {},
    clusterDomain: 'cluster.local',
    enforce: false,
  };
  return createBuilder()(
    collectFacts(read, { gatewayNamespace: 'kong', namespaces: undefined }),
    settings,
  );
}

function answersOf(name: string): object {
  const { objects, ask } = parse(readFileSync(join(root, name, 'in.yaml'), 'utf8')) as {
    readonly objects: readonly any[];
    readonly ask: readonly string[];
  };
  const { mesh, services, gateways, failures } = observationOf(objects);
  const catalog = createCatalog(mesh, services, commonGateway('kubernetes', gateways));
  const answers = ask.map((reference) => {
    const [service = '', port] = reference.split(':');
    const result = catalog.find({ service, ...(port ? { port } : {}) });
    if (!result.found) return [reference, result.miss.reason];
    const addresses = choices.map((choice) => {
      const address = catalog.choose(result.service, result.port, choice);
      return [choice, address ? formatAddress(address) : 'none'];
    });
    return [reference, Object.fromEntries(addresses)];
  });
  const odd = failures.filter(({ code }) => !code.startsWith('K8S_GATEWAY_'));
  return {
    ...Object.fromEntries(answers),
    ...(odd.length > 0 ? { findings: odd.map(({ code }) => code) } : {}),
  };
}

it.each(readdirSync(root))('%s', (name) => {
  expectGolden(join(root, name, 'golden.yaml'), stringify(answersOf(name), { lineWidth: 0 }));
});
