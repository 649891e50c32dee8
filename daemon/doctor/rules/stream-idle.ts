import { kongLimits } from '../kong-limits';
import { formatMs } from '../../../catalog/go-duration';
import type { Rule } from '../rule';
import { groupBy } from '../view';
import { listed, nameOf } from '../name-of';

export const streamIdle: Rule = {
  code: 'KM504',
  name: 'stream-idle',
  severity: 'warning',
  title: 'A request without bytes ends after a few seconds',
  why: "The MeshTimeout that every mesh gets for gateways, mesh-gateways-timeout-all-default, ends a stream after 5 s without a byte in either direction, and it counts for a delegated gateway too. An answer that takes longer to begin, a long poll or a quiet event stream is cut, far below Kong's and the mesh's own timeouts.",
  fix: 'Set http.streamIdleTimeout in a MeshTimeout for the gateway to what the slowest answer needs.',
  check({ linkedServices, timeouts, facts }) {
    const cut = linkedServices.flatMap(({ kong, links }) => {
      const { readMs } = kongLimits(kong);
      const mesh = links
        .map((linked) => timeouts(linked))
        .find((one) => {
          const idle = one?.streamIdleMs ?? 0;
          const request = one?.requestMs === 0 ? Infinity : (one?.requestMs ?? 0);
          return idle > 0 && idle < Math.min(readMs, request);
        });
      return mesh ? [{ kong, mesh }] : [];
    });
    const groups = groupBy(cut, ({ mesh }) => `${mesh.streamIdleMs ?? 0} ${mesh.by.join(', ')}`);
    return [...groups.values()].flatMap((group) => {
      const [first] = group;
      if (!first) return [];
      const { mesh } = first;
      return [
        {
          subject: `mesh ${facts.settings.mesh}`,
          cause: `The sidecar ends requests after ${formatMs(mesh.streamIdleMs ?? 0)} without a byte, though ${formatMs(mesh.requestMs === 0 ? kongLimits(first.kong).readMs : mesh.requestMs)} are allowed for an answer: ${group.length} Kong service${group.length === 1 ? '' : 's'}.`,
          evidence: [
            `MeshTimeout ${listed(mesh.by)}`,
            `services: ${listed(group.map(({ kong }) => nameOf(kong)))}`,
          ],
        },
      ];
    });
  },
};
