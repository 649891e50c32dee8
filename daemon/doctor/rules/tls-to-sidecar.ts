import { entityLabel } from '../../kong/model';
import type { Found, Rule } from '../rule';

const plain: Readonly<Record<string, string>> = {
  https: 'http',
  grpcs: 'grpc',
  wss: 'ws',
  tls: 'tcp',
};

export const tlsToSidecar: Rule = {
  code: 'KM207',
  name: 'tls-to-sidecar',
  severity: 'warning',
  title: 'Kong speaks TLS to its own sidecar',
  why: "The sidecar encrypts by itself. TLS from Kong is TLS inside the mesh's TLS where the port is TCP; where it is HTTP the sidecar reads a TLS handshake as a bad request. Routing, retries and metrics of HTTP are lost either way.",
  fix: 'Use the plain protocol (http, grpc) in the Kong service; the mesh encrypts.',
  check: ({ linkedServices }) =>
    linkedServices.flatMap(({ kong, links }): readonly Found[] => {
      const { protocol } = kong.fields;
      const twin = typeof protocol === 'string' ? plain[protocol] : undefined;
      if (typeof protocol !== 'string' || twin === undefined) return [];
      const http = links.find(({ port }) => /^(http2?|grpc)$/.test(port.protocol ?? ''));
      return [
        {
          subject: entityLabel(kong),
          severity: http ? 'error' : 'warning',
          cause: http
            ? `The service speaks ${protocol} to an ${http.port.protocol ?? 'http'} port of the mesh: its requests fail.`
            : `The service speaks ${protocol} to the sidecar: the mesh sees no HTTP in it.`,
          fix: `Use protocol ${twin}; the mesh encrypts.`,
        },
      ];
    }),
};
