import { entityLabel } from '../../kong/model';
import { kongLimits } from '../kong-limits';
import type { Found, Rule } from '../rule';
import { listed } from '../name-of';

export const retriesMultiply: Rule = {
  code: 'KM501',
  name: 'retries-multiply',
  severity: 'warning',
  title: 'Kong and the mesh both retry',
  why: 'Every attempt of Kong is retried by the sidecar: with the defaults of both, 5 and 5, one request becomes up to 36 at the backend, just when it is in trouble. Kong can only see that its own sidecar does not answer, which hardly happens.',
  fix: 'Set retries: 0 in the Kong service and leave it to MeshRetry.',
  check: ({ linkedServices, retries }) =>
    linkedServices.flatMap(({ kong, links }): readonly Found[] => {
      const own = kongLimits(kong).retries;
      const worst = links
        .map((linked) => retries(linked))
        .reduce((a, b) => ((b?.count ?? 0) > (a?.count ?? 0) ? b : a), undefined);
      if (own === 0 || !worst || worst.count === 0) return [];
      const attempts = (own + 1) * (worst.count + 1);
      return [
        {
          subject: entityLabel(kong),
          cause: `Kong tries again ${own} times and the mesh ${worst.count} times for each: one request may become ${attempts}.`,
          evidence: [`retries: ${own}`, `MeshRetry ${listed(worst.by)}: ${worst.count}`],
        },
      ];
    }),
};
