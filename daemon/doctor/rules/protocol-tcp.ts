import { fullReference } from '../../../catalog/service';
import type { Found, Rule } from '../rule';
import type { FactsView, Linked } from '../view';

export const protocolTcp: Rule = {
  code: 'KM208',
  name: 'protocol-tcp',
  severity: 'warning',
  title: 'The mesh takes HTTP for TCP',
  why: 'A port without a protocol is TCP to the mesh: no retries, no routes, no HTTP metrics, and balancing by connection, so that the few connections that Kong keeps open all go to a few endpoints. Where the service is gone such a port resets connections instead of answering 503.',
  fix: "Say that the port is HTTP: appProtocol: http in the Kubernetes Service, kuma.io/protocol: http or the inbound's protocol in the Dataplane.",
  check: (view) =>
    view.linked.flatMap((linked): readonly Found[] => {
      const spoken = linked.kong?.fields['protocol'] ?? 'http';
      if (spoken !== 'http' && spoken !== 'grpc') return [];
      const known = protocolOf(linked, view);
      if (known !== 'tcp') return [];
      const { service, port, label } = linked;
      return [
        {
          subject: label,
          cause: `Kong speaks ${spoken} to ${fullReference(service)} port ${port.port}, which the mesh takes for tcp.`,
        },
      ];
    }),
};

/** Undefined where nobody says: of a bare tag only the endpoints tell. */
function protocolOf({ service, port }: Linked, view: FactsView): string | undefined {
  if (port.protocol !== undefined) return port.protocol;
  // A MeshService says it for each port, and tcp is what it means by saying nothing.
  if (service.kind === 'MeshService' || service.kind === 'MeshMultiZoneService') return 'tcp';
  const said = view
    .endpointsOf({ service, port })
    .map(({ inbound }) => inbound.tags['kuma.io/protocol']);
  return said.length > 0 && said.every((one) => one === undefined || one === 'tcp')
    ? 'tcp'
    : undefined;
}
