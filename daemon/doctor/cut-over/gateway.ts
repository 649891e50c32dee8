/** The gateway's own form, and the control plane: the two that change the version. */
import { meshTraits } from '../facts';
import type { FactsView } from '../view';
import { blocker, type Blocker } from './blocker';

export function gatewayBlockers({ facts, gateways, proxyOf }: FactsView): readonly Blocker[] {
  const { mesh, settings } = facts;
  const block = gateways.filter(({ plain }) => plain !== true);
  const lists = gateways.filter((gateway) => proxyOf(gateway)?.reachableServices);
  const vips = gateways.filter(
    (gateway) => gateway.transparentProxy && !proxyOf(gateway)?.reachableBackends,
  );
  const kubernetes = settings.environment === 'kubernetes';
  return [
    ...blocker('gateway', 'reachable-services', namesOf(lists), {
      kind: 'ends',
      what: 'gateways with reachableServices',
      fix: 'Write reachableBackends with labels in its place: kong-meshd manifests reachable-backends prints them.',
    }),
    ...blocker(
      'gateway',
      'reachable-backends',
      mesh?.restrictOutbound === false ? [] : namesOf(vips),
      {
        what: 'gateways with transparent proxying and no reachableBackends: in 3.0 they reach nothing by VIP',
        fix: 'Name the backends by labels, or set defaults.restrictOutbound: false on the control plane (2.14.5 and later).',
      },
    ),
    ...blocker('gateway', 'gateway-block', namesOf(block), {
      owner: kubernetes || settings.owner === 'file' ? 'operator' : 'kong-meshd',
      what: 'gateways in the form of 2.x',
      fix: kubernetes
        ? 'Apply what kong-meshd manifests gateway --mesh-version 3 prints, and make the Pods again; keep kuma.io/gateway until the control plane is upgraded.'
        : settings.owner === 'file'
          ? 'Take networking.gateway out of the Dataplane file and restart kuma-dp.'
          : 'kong-meshd migrate --to 3 takes networking.gateway off; --to 2 puts it back.',
    }),
  ];
}

export function controlPlaneBlockers({ facts }: FactsView): readonly Blocker[] {
  const { mesh, proxies = [] } = facts;
  if (!mesh) return [];
  const { serviceTags, recognized } = meshTraits(mesh);
  const [major = 0, minor = 0] = mesh.version.replace(/^v/, '').split('.').map(Number);
  const isOld = major < 2 || (major === 2 && minor < 14);
  const misfits = proxies.flatMap(({ name, proxy }) =>
    proxy?.misfit === undefined ? [] : [`${name}: ${proxy.misfit}`],
  );
  const behind = (mesh.zones ?? []).filter(({ version }) => majorOf(version) !== major);
  return [
    ...blocker('control-plane', 'unknown-version', recognized ? [] : [mesh.version], {
      kind: 'note',
      what: `control planes of a version that was not tested: taken for ${serviceTags ? '2.x' : '3.x'} by what it answers`,
      fix: 'Try the cut-over elsewhere first; kong-meshd writes nothing that this control plane did not keep.',
    }),
    ...blocker(
      'control-plane',
      'too-old',
      recognized && serviceTags && isOld ? [mesh.version] : [],
      {
        what: 'control planes older than 2.14, from which alone 3.0 is reached',
        fix: 'Upgrade to the last 2.14 first: it understands both forms.',
      },
    ),
    ...blocker('control-plane', 'proxy-version', serviceTags ? misfits : [], {
      what: 'proxies whose versions do not fit',
      fix: 'Bring kuma-dp to 2.14 or later on each, before the control plane.',
    }),
    ...blocker(
      'control-plane',
      'half-upgraded',
      behind.map(({ name, version }) => `${name}: ${version}`),
      {
        what: `zones of another major version than this control plane, which is ${mesh.version}`,
        fix: 'Upgrade the global control plane first, then each zone; nothing is removed until all are of one version.',
      },
    ),
    ...blocker('control-plane', 'upgrade', serviceTags ? [mesh.version] : [], {
      what: 'control planes of 2.x',
      fix: 'Once nothing else is left, upgrade the control plane, the global one first. Keep kong-meshd run: it follows the version in flight.',
    }),
  ];
}

function majorOf(version: string): number {
  return Number(version.replace(/^v/, '').split('.')[0]);
}

function namesOf(ones: readonly { readonly name: string }[]): readonly string[] {
  return ones.map(({ name }) => name);
}
