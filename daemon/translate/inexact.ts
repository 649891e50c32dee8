/** What could lead to several services, said once: it counts for none, so nobody gets it by chance. */
import { formatAddress, formsFor } from '../../catalog/address';
import type { Catalog } from '../../catalog/catalog';
import type { Failure } from '../../catalog/error';
import { describeTarget } from '../../catalog/gateway';
import { fullReference, type MeshService } from '../../catalog/service';
import { abridged } from './abridged';
import { translateErrors } from './errors';

export function inexactFailures(catalog: Catalog): readonly Failure[] {
  const { outbounds, addresses } = catalog.inexact;
  const named = (services: readonly MeshService[]): string =>
    abridged([...new Set(services.map((one) => `${fullReference(one)} (${one.kind})`))].sort());
  // Where only outbounds can be reached it does not matter what else two services share.
  const reached = formsFor(catalog.gateway).some((form) => form !== 'outbound') ? addresses : [];
  return [
    ...outbounds.map(({ outbound, services }) => {
      const { address: host, port, target } = outbound;
      const place = formatAddress({ host, port });
      const details = { place, target: describeTarget(target), services: named(services) };
      return translateErrors.failure('OUTBOUND_AMBIGUOUS', details);
    }),
    ...reached.map(({ host, port, services }) => {
      const details = { place: formatAddress({ host, port }), services: named(services) };
      return translateErrors.failure('ADDRESS_AMBIGUOUS', details);
    }),
  ];
}
