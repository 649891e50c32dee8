/** The cases seen on a real API server with a real control plane, and the rule's edges. */
import { alignTag, annotationsFor } from '../../../daemon/kubernetes/align-tag';
import { predictTag } from '../../../daemon/kubernetes/gateway-tag';
import { ignoreEffect } from '../../../daemon/kubernetes/ignore';
import { PodView, ServiceView } from '../../../daemon/kubernetes/views';
import { recordedExchange } from '../../support/recorded-kubernetes';

const recordedPod: any = recordedExchange('list-pods-kong').response.body.items[0];
const pod = PodView.parse(recordedPod)!;
const recorded: readonly any[] = recordedExchange('list-services-all').response.body.items;

/** Further or changed Services of the gateway, merged into the recorded ones by name. */
type Change = Readonly<Record<string, any>>;

function services(changes: Change = {}): readonly ServiceView[] {
  const objects = new Map<string, any>(
    recorded.map((object) => [object.metadata.name, structuredClone(object)]),
  );
  for (const [name, { annotations, spec, gone }] of Object.entries(changes)) {
    const object = objects.get(name) ?? {
      metadata: { name, namespace: 'kong' },
      spec: { selector: { app: 'kong-gateway' }, clusterIP: '10.96.1.1' },
    };
    object.metadata.annotations = { ...object.metadata.annotations, ...annotations };
    object.spec = { ...object.spec, ...spec };
    if (gone) objects.delete(name);
    else objects.set(name, object);
  }
  // In the order of nothing in particular: the rule sorts for itself.
  return [...objects.values()].reverse().map((object) => ServiceView.parse(object));
}

const ignore = (value: string) => ({ annotations: { 'kuma.io/ignore': value } });
const tcp = (port: number, more: object = {}) => ({ spec: { ports: [{ port, ...more }] } });

describe('the tag that a gateway Pod gets', () => {
  it.each<[string, Change, string]>([
    ["Kong's usual Services: the Admin API", {}, 'kong-admin_kong_svc_8444'],
    ['kong-admin ignored', { 'kong-admin': ignore('true') }, 'kong-proxy_kong_svc_80'],
    ['ignored by "enabled"', { 'kong-admin': ignore('enabled') }, 'kong-proxy_kong_svc_80'],
    ['a value that is not known', { 'kong-admin': ignore('bogus') }, 'kong-admin_kong_svc_8444'],
    [
      'two ignored',
      { 'kong-admin': ignore('true'), 'kong-proxy': ignore('true') },
      'kong-validation-webhook_kong_svc_443',
    ],
    [
      'all ignored: the Deployment',
      {
        'kong-admin': ignore('true'),
        'kong-proxy': ignore('true'),
        'kong-validation-webhook': ignore('true'),
      },
      'kong-gateway_kong_svc',
    ],
    ['a new one that sorts first', { 'a-first': tcp(8100) }, 'a-first_kong_svc_8100'],
    ['a new one that sorts last', { zz: tcp(81) }, 'kong-admin_kong_svc_8444'],
    [
      'an ExternalName with a selector',
      {
        'a-ext': { spec: { type: 'ExternalName', externalName: 'x.mesh', ports: [{ port: 80 }] } },
      },
      'kong-admin_kong_svc_8444',
    ],
    ['one with UDP alone', { 'a-udp': tcp(53, { protocol: 'UDP' }) }, 'kong-admin_kong_svc_8444'],
    [
      'one with UDP before TCP',
      { 'a-both': { spec: { ports: [{ port: 53, protocol: 'UDP' }, { port: 81 }] } } },
      'a-both_kong_svc_81',
    ],
    [
      'a named port that no container has',
      { 'a-named': tcp(80, { targetPort: 'nowhere' }) },
      'kong-admin_kong_svc_8444',
    ],
    ['a named port', { 'a-named': tcp(80, { targetPort: 'proxy' }) }, 'a-named_kong_svc_80'],
    [
      'one without a selector',
      { 'a-none': { spec: { selector: null, ports: [{ port: 80 }] } } },
      'kong-admin_kong_svc_8444',
    ],
    [
      'one that selects other Pods',
      { 'a-other': { spec: { selector: { app: 'other' }, ports: [{ port: 80 }] } } },
      'kong-admin_kong_svc_8444',
    ],
    [
      'an application protocol',
      { 'a-http': tcp(81, { appProtocol: 'http' }) },
      'a-http_kong_svc_81',
    ],
    ['without ports', { 'a-bare': { spec: { ports: null } } }, 'kong-admin_kong_svc_8444'],
  ])('%s', (_name, changes, expected) => {
    const { tag } = predictTag(pod, services(changes));

    expect(tag).toBe(expected);
  });

  it('is the one that the control plane gave to the recorded Pod', () => {
    const [dataplane] = recordedExchange('list-dataplanes-kong').response.body.items;

    const { tag } = predictTag(pod, services());

    expect(dataplane.metadata.name).toBe(pod.name);
    expect(tag).toBe(dataplane.spec.networking.gateway.tags['kuma.io/service']);
  });

  it('is the one of every recorded Pod with inbounds', () => {
    const [orders] = recordedExchange('list-pods-fieldselector').response.body.items;
    const dataplanes: any[] = recordedExchange('list-dataplanes-all').response.body.items;
    const dataplane = dataplanes.find(({ metadata }) => metadata.name === orders.metadata.name);

    const { tag } = predictTag(PodView.parse(orders)!, services());

    expect(tag).toBe(dataplane.spec.networking.inbound[0].tags['kuma.io/service']);
  });

  it.each<[string, any, string]>([
    ['a StatefulSet', { kind: 'StatefulSet', name: 'kong' }, 'kong_kong_svc'],
    ['a ReplicaSet of its own', { kind: 'ReplicaSet', name: 'kong-rs' }, 'kong-rs_kong_svc'],
    ['nothing', undefined, 'kong-gateway-54b6f45875-bmmps_kong_svc'],
  ])('without Services is named after %s', (_name, owner, expected) => {
    const metadata = { ...recordedPod.metadata, ownerReferences: owner ? [owner] : null };
    const owned = PodView.parse({ ...recordedPod, metadata })!;

    const { tag, from } = predictTag(owned, []);

    expect(tag).toBe(expected);
    expect(from).toBeUndefined();
  });
});

describe('aligning the tag', () => {
  const ours = (wanted = 'kong-proxy_kong_svc_80') => ({
    annotations: { 'kuma.io/ignore': 'true', 'kong-meshd.io/ignored-for': wanted },
  });

  it.each<[string, Change, string, readonly string[]]>([
    ['the proxy', {}, 'kong-proxy_kong_svc_80', ['ignore kong-admin']],
    ['what it is already', {}, 'kong-admin_kong_svc_8444', []],
    [
      'the workload',
      {},
      'kong-gateway_kong_svc',
      ['ignore kong-admin', 'ignore kong-proxy', 'ignore kong-validation-webhook'],
    ],
    ['done before', { 'kong-admin': ours() }, 'kong-proxy_kong_svc_80', []],
    [
      'back to the first',
      { 'kong-admin': ours() },
      'kong-admin_kong_svc_8444',
      ['restore kong-admin'],
    ],
    [
      'a Service that came since',
      { 'kong-admin': ours(), 'a-first': tcp(8100) },
      'kong-proxy_kong_svc_80',
      ['ignore a-first'],
    ],
    ["the user's own is enough", { 'kong-admin': ignore('enabled') }, 'kong-proxy_kong_svc_80', []],
    [
      'a Service of ours that no longer selects the Pod',
      { 'kong-admin': { ...ours(), spec: { selector: { app: 'else' } } } },
      'kong-proxy_kong_svc_80',
      ['restore kong-admin'],
    ],
    [
      'our mark with a value that the user wrote since',
      { 'kong-admin': { annotations: { ...ours().annotations, 'kuma.io/ignore': 'false' } } },
      'kong-proxy_kong_svc_80',
      ['ignore kong-admin'],
    ],
  ])('%s', (_name, changes, wanted, expected) => {
    const alignment = alignTag(pod, services(changes), wanted);

    const steps = alignment.possible
      ? alignment.steps.map(({ op, service }) => `${op} ${service.name}`)
      : alignment.cause;
    expect(steps).toEqual(expected);
  });

  it.each<[string, Change, string, string]>([
    ['no such Service', {}, 'kong_kong_svc_80', 'no Service of namespace kong'],
    ['not its first port', {}, 'kong-proxy_kong_svc_443', 'only its first TCP port 80'],
    [
      'ignored by the user',
      { 'kong-proxy': ignore('true') },
      'kong-proxy_kong_svc_80',
      'is ignored by its annotation',
    ],
    [
      'UDP',
      { 'kong-dns': tcp(53, { protocol: 'UDP' }) },
      'kong-dns_kong_svc_53',
      'port 53 of kong-dns is not TCP',
    ],
    [
      'selects other Pods',
      { 'kong-proxy': { spec: { selector: { app: 'else' } } } },
      'kong-proxy_kong_svc_80',
      'does not lead to the Pod',
    ],
    ['a name of another form', {}, 'kong', 'no Service of namespace kong'],
  ])('says why it cannot be: %s', (_name, changes, wanted, cause) => {
    const alignment = alignTag(pod, services(changes), wanted);

    expect(alignment).toMatchObject({ possible: false, cause: expect.stringContaining(cause) });
  });

  it('ends where the prediction is the wanted tag', () => {
    const wanted = 'kong-validation-webhook_kong_svc_443';
    const alignment = alignTag(pod, services(), wanted);
    const steps = alignment.possible ? alignment.steps : [];
    const changes = Object.fromEntries(
      steps.map(({ op, service }) => [service.name, { annotations: annotationsFor(op, wanted) }]),
    );

    const { tag } = predictTag(pod, services(changes));

    expect(tag).toBe(wanted);
  });
});

it.each([
  ['true', 'ignored'],
  ['yes', 'ignored'],
  ['enabled', 'half-ignored'],
  ['false', 'not-ignored'],
  [undefined, 'not-ignored'],
  ['True ', 'unknown-value'],
])('kuma.io/ignore: %s is %s', (value, effect) => {
  expect(ignoreEffect(value)).toBe(effect);
});
