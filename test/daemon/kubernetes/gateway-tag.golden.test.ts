/**
 * Golden folders for the tag that a gateway Pod gets, and for what makes it another one.
 *
 * To add a case: make a folder `test/golden/gateway-tag/<case>/` with `in.yaml`, which holds
 *   - `pod` and `services`  as the API server has them, as far as they matter,
 *   - `wanted`              the `kuma.io/service` that the gateway must have; may be left out,
 *   - `dataplane`           what the control plane has made; where it is there, findings are printed,
 * run `UPDATE_GOLDEN=1 npx jest test/daemon/kubernetes/gateway-tag.golden`, and read `golden.yaml`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse, stringify } from 'yaml';

import { alignTag, annotationsFor } from '../../../daemon/kubernetes/align-tag';
import { checkGateway } from '../../../daemon/kubernetes/check-gateway';
import { predictTag, workloadTag } from '../../../daemon/kubernetes/gateway-tag';
import { PodView, ServiceView } from '../../../daemon/kubernetes/views';
import { watchedKinds } from '../../../daemon/sources/kubernetes/watched-kinds';
import { expectGolden } from '../../support/golden';

const root = join(__dirname, '../../golden/gateway-tag');

function inputOf(name: string) {
  const { pod, services, dataplane, wanted } = parse(
    readFileSync(join(root, name, 'in.yaml'), 'utf8'),
  ) as { pod: any; services: any[]; dataplane?: any; wanted?: string };
  const kept = dataplane && watchedKinds.dataplanes.map(dataplane);
  return {
    pod: PodView.parse(pod)!,
    objects: services,
    services: services.map((object) => ServiceView.parse(object)),
    gateway: kept?.ok ? kept.value.gateway : undefined,
    checked: dataplane !== undefined || pod.metadata.annotations['kuma.io/gateway'] !== 'enabled',
    wanted,
  };
}

function outcomeOf(name: string): object {
  const { pod, services, gateway, checked, wanted } = inputOf(name);
  const { tag, from } = predictTag(pod, services);
  const facts = { namespace: 'kong', wanted, pods: [pod], deployments: [], services };
  const findings = checkGateway({ ...facts, dataplanes: gateway ? [gateway] : [] });
  return {
    tag,
    from: from === undefined ? 'the workload' : `Service ${from.service}`,
    ...(wanted === undefined ? {} : { wanted, ...alignmentOf(alignTag(pod, services, wanted)) }),
    ...(checked ? { findings: findings.map(({ code, message }) => `${code}: ${message}`) } : {}),
  };
}

function alignmentOf(alignment: ReturnType<typeof alignTag>): object {
  if (!alignment.possible) return { cannot: alignment.cause, reachable: alignment.reachable };
  return { steps: alignment.steps.map(({ op, service }) => `${op} ${service.name}`) };
}

const cases = readdirSync(root);

it.each(cases)('%s', (name) => {
  expectGolden(join(root, name, 'golden.yaml'), stringify(outcomeOf(name), { lineWidth: 0 }));
});

it.each(cases)('%s: the order of the Services does not matter', (name) => {
  const { pod, services } = inputOf(name);

  expect(predictTag(pod, services.toReversed())).toEqual(predictTag(pod, services));
});

it.each(cases)('%s: the steps lead to the wanted tag, and are not repeated', (name) => {
  const { pod, objects, services, wanted = predictTag(pod, services).tag } = inputOf(name);
  const alignment = alignTag(pod, services, wanted);
  if (!alignment.possible) {
    expect(alignment.reachable).toContain(workloadTag(pod));
    return;
  }

  const changed = structuredClone(objects);
  for (const { op, service } of alignment.steps) {
    const { metadata } = changed.find((object) => object.metadata.name === service.name);
    metadata.annotations = { ...metadata.annotations, ...annotationsFor(op, wanted) };
    const given = Object.entries(metadata.annotations).filter(([, value]) => value !== null);
    metadata.annotations = Object.fromEntries(given);
  }

  const after = changed.map((object) => ServiceView.parse(object));
  expect(predictTag(pod, after).tag).toBe(wanted);
  expect(alignTag(pod, after, wanted)).toMatchObject({ possible: true, steps: [] });
});
