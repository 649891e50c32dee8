import { hasErrors } from '../../../catalog/error';
import { formatAddress, preferredAddress } from '../../../catalog/address';
import type { Catalog } from '../../../catalog/catalog';
import { toSnapshot } from '../../../catalog/snapshot';
import { fullReference } from '../../../catalog/service';
import { printFailures } from '../findings';
import { look } from '../look';
import { addCommonFlags, type CommonFlags } from '../options';
import { formatTable } from '../table';
import type { AddCommand } from './command';
import { summaries } from './summaries';

export const addCatalog: AddCommand = (program, terminal, end) => {
  const command = program
    .command('catalog')
    .description(summaries.catalog.description)
    .option('--json', 'print the snapshot that the plugin would read');
  addCommonFlags(command).action(async (flags: CommonFlags) => {
    const seen = await look(flags, [], terminal);
    if (!seen) {
      end(1);
      return;
    }
    const { catalog } = seen.decision;
    if (flags.json === true) terminal.out(`${JSON.stringify(toSnapshot(catalog), null, 2)}\n`);
    else terminal.out(formatCatalog(catalog));
    printFailures(seen.inputs.failures, terminal);
    end(hasErrors(seen.inputs.failures) ? 1 : 0);
  });
};

function formatCatalog(catalog: Catalog): string {
  const rows = catalog.services.flatMap((service) =>
    service.ports.map((port) => {
      const addresses = catalog.addressesOf(service, port);
      const preferred = preferredAddress(addresses, catalog.gateway);
      const { healthy, total } = service.endpoints ?? {};
      return [
        fullReference(service),
        String(port.port),
        service.kind,
        service.zone ?? '-',
        total === undefined
          ? service.availability
          : `${service.availability} (${healthy ?? 0}/${total})`,
        preferred ? `${formatAddress(preferred)} (${preferred.form})` : '-',
        port.servedAt?.hostnames[0] ?? service.hostnames[0] ?? '-',
      ];
    }),
  );
  const header = ['SERVICE', 'PORT', 'KIND', 'ZONE', 'STATE', 'ADDRESS', 'HOST'];
  return formatTable(header, rows);
}
