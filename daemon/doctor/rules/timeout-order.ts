import { entityLabel } from '../../kong/model';
import { kongLimits } from '../kong-limits';
import { formatMs } from '../../../catalog/go-duration';
import type { Found, Rule } from '../rule';
import { listed } from '../name-of';

export const timeoutOrder: Rule = {
  code: 'KM502',
  name: 'timeout-order',
  severity: 'warning',
  title: 'Kong gives up before the mesh does',
  why: "Where Kong's read timeout is not longer than the request timeout of the mesh, Kong answers 504 while the sidecar still waits or retries: the work goes on for nobody, the retries of the mesh come too late, and its metrics show no timeout.",
  fix: "Make Kong's read_timeout longer than the request timeout of the MeshTimeout, or shorten that one.",
  check: ({ linkedServices, timeouts }) =>
    linkedServices.flatMap(({ kong, links }): readonly Found[] => {
      const { readMs } = kongLimits(kong);
      const mesh = links
        .map((linked) => timeouts(linked))
        .find((one) => one !== undefined && one.requestMs > 0 && one.requestMs >= readMs);
      if (!mesh) return [];
      return [
        {
          subject: entityLabel(kong),
          cause: `Kong waits ${formatMs(readMs)} for an answer, the mesh ${formatMs(mesh.requestMs)}: Kong gives up first.`,
          evidence: [
            `read_timeout: ${readMs}`,
            mesh.by.length > 0 ? `MeshTimeout ${listed(mesh.by)}` : 'no MeshTimeout: 15 s',
          ],
        },
      ];
    }),
};
