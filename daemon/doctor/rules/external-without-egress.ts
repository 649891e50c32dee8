import type { Found, Rule } from '../rule';

export const externalWithoutEgress: Rule = {
  code: 'KM305',
  name: 'external-without-egress',
  severity: 'error',
  title: 'A MeshExternalService that nothing lets out of the mesh',
  why: 'Traffic to a MeshExternalService leaves through a zone egress, over mTLS. Without either its address is there and listens, and no request gets an answer.',
  fix: 'Run a zone egress (kuma-dp with --proxy-type=egress) and enable mTLS in the mesh, or link another kind of service.',
  check({ facts: { mesh }, linked }): readonly Found[] {
    const lacking = [
      ...(mesh?.mtls === false ? ['mTLS'] : []),
      ...(mesh?.zoneEgresses === 0 ? ['a zone egress'] : []),
    ];
    if (lacking.length === 0) return [];
    const names = new Set(
      linked.flatMap(({ service }) =>
        service.kind === 'MeshExternalService' ? [service.name] : [],
      ),
    );
    return [...names].map((name) => ({
      subject: `MeshExternalService ${name}`,
      cause: `Links lead to the MeshExternalService ${name}, and the mesh has no ${lacking.join(' and not ')}.`,
    }));
  },
};
