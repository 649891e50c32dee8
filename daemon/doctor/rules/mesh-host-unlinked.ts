import { fullReference } from '../../../catalog/service';
import { entityLabel } from '../../kong/model';
import type { Found, Rule } from '../rule';
import { unlinkedServices } from '../unlinked';

export const meshHostUnlinked: Rule = {
  code: 'KM205',
  name: 'mesh-host-unlinked',
  severity: 'warning',
  title: 'The host is a mesh service, but there is no link',
  why: "The Kong service names a service of the mesh by host name and has no link. It works as long as Kong resolves the name to an address that the sidecar takes: Kong's own DNS cache, a headless Service or a change of the mesh's names break it without a finding.",
  fix: 'Set adopt: true in kong-meshd.yaml to link all such services, or tag this one mesh:<service>.',
  check(view) {
    const { catalog } = view.facts;
    if (!catalog) return [];
    return unlinkedServices(view).flatMap(({ service, host }): readonly Found[] => {
      const { port } = service.fields;
      const bare = catalog.find({ service: host });
      const result =
        bare.found || typeof port !== 'number' ? bare : catalog.find({ service: host, port });
      // A bare word may be a name of any network: only names with a dot are the mesh's for sure.
      if (!result.found || !host.includes('.')) return [];
      const reference = fullReference(result.service);
      return [
        {
          subject: entityLabel(service),
          cause: `The host ${host} is the mesh service ${reference}, but the service has no link to it.`,
          fix: `Tag the service mesh:${reference}, or set adopt: true in kong-meshd.yaml.`,
        },
      ];
    });
  },
};
