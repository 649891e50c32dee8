import { entityLabel } from '../../kong/model';
import { kongLimits } from '../kong-limits';
import { formatMs } from '../../../catalog/go-duration';
import type { Found, Rule } from '../rule';
import { listed } from '../name-of';

const kongDefaultMs = 60_000;

export const timeoutShadowed: Rule = {
  code: 'KM503',
  name: 'timeout-shadowed',
  severity: 'warning',
  title: "The mesh ends requests that Kong's timeout would let run",
  why: 'Somebody set a read timeout in Kong that is longer than what the mesh gives a request, 15 s unless a MeshTimeout says otherwise. The sidecar answers 504 `upstream request timeout` at its own limit, whatever Kong is set to.',
  fix: 'Raise http.requestTimeout of a MeshTimeout for this service (targetRef: the gateway, to: the service).',
  check: ({ linkedServices, timeouts }) =>
    linkedServices.flatMap(({ kong, links }): readonly Found[] => {
      const { readMs, readIsSet } = kongLimits(kong);
      // No longer than Kong's own default it was not set to allow for slow answers.
      if (!readIsSet || readMs <= kongDefaultMs) return [];
      const mesh = links
        .map((linked) => timeouts(linked))
        .find((one) => one !== undefined && one.requestMs > 0 && one.requestMs < readMs);
      if (!mesh) return [];
      return [
        {
          subject: entityLabel(kong),
          cause: `Kong is to wait ${formatMs(readMs)}, but the mesh ends requests after ${formatMs(mesh.requestMs)}.`,
          evidence: [
            `read_timeout: ${readMs}`,
            mesh.by.length > 0 ? `MeshTimeout ${listed(mesh.by)}` : 'no MeshTimeout: 15 s',
          ],
        },
      ];
    }),
};
