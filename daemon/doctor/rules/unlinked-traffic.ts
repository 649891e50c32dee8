import { entityLabel } from '../../kong/model';
import { letsPass, passthroughOf } from '../policy/passthrough';
import type { Rule } from '../rule';
import { unlinkedServices } from '../unlinked';
import { nameOf } from '../name-of';

export const unlinkedTraffic: Rule = {
  code: 'KM204',
  name: 'unlinked-traffic',
  severity: 'warning',
  title: 'Services without a link, and a sidecar that stands between',
  why: 'With transparent proxying all that Kong sends goes through the sidecar, also to hosts that are not of the mesh. Whether such traffic passes is decided by the Mesh or a MeshPassthrough: where it does it is plaintext without policy, where it does not Kong sees resets.',
  fix: 'Link the services that are meant to be in the mesh; for those outside of it write a MeshExternalService, or let them pass by a MeshPassthrough.',
  check(view) {
    const { facts, gateways, gatewaySubject } = view;
    const { mesh, policies } = facts;
    if (!mesh || !gatewaySubject || !policies.passthroughs) return [];
    if (!gateways.some(view.intercepts)) return [];
    const passthrough = passthroughOf(policies.passthroughs, mesh, gatewaySubject);
    const unlinked = unlinkedServices(view);
    const blocked = unlinked.filter(({ host }) => !letsPass(passthrough, host));
    const open = unlinked.filter(({ host }) => letsPass(passthrough, host));
    return [
      ...blocked.map(({ service, host }) => ({
        subject: entityLabel(service),
        cause: `The service has no link, and the sidecar lets nothing pass to ${host}.`,
        evidence: [`${passthrough.by}: ${passthrough.mode}`],
      })),
      ...(open.length === 0
        ? []
        : [
            {
              subject: `mesh ${facts.settings.mesh}`,
              severity: 'info' as const,
              cause: `${open.length} Kong service${open.length === 1 ? ' has' : 's have'} no link: their requests pass the sidecar unencrypted and without policy.`,
              evidence: [
                `${passthrough.by}: ${passthrough.mode}`,
                ...open.slice(0, 10).map(({ service, host }) => `${nameOf(service)} → ${host}`),
              ],
            },
          ]),
    ];
  },
};
