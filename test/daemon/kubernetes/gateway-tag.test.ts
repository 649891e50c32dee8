/** The tags that a real control plane gave to recorded Pods; the cases of the rule are golden folders. */
import { predictTag } from '../../../daemon/kubernetes/gateway-tag';
import { ignoreEffect } from '../../../daemon/kubernetes/ignore';
import { PodView, ServiceView } from '../../../daemon/kubernetes/views';
import { recordedExchange } from '../../support/recorded-kubernetes';

const recordedPod: any = recordedExchange('list-pods-kong').response.body.items[0];
const pod = PodView.parse(recordedPod)!;
const recorded: readonly any[] = recordedExchange('list-services-all').response.body.items;

const services = recorded.map((object) => ServiceView.parse(object));

describe('the tag that a gateway Pod gets', () => {
  it('is the one that the control plane gave to the recorded Pod', () => {
    const [dataplane] = recordedExchange('list-dataplanes-kong').response.body.items;

    const { tag } = predictTag(pod, services);

    expect(dataplane.metadata.name).toBe(pod.name);
    expect(tag).toBe(dataplane.spec.networking.gateway.tags['kuma.io/service']);
  });

  it('is the one of every recorded Pod with inbounds', () => {
    const [orders] = recordedExchange('list-pods-fieldselector').response.body.items;
    const dataplanes: any[] = recordedExchange('list-dataplanes-all').response.body.items;
    const dataplane = dataplanes.find(({ metadata }) => metadata.name === orders.metadata.name);

    const { tag } = predictTag(PodView.parse(orders)!, services);

    expect(tag).toBe(dataplane.spec.networking.inbound[0].tags['kuma.io/service']);
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
