import { promote } from '../promote';
import type { Rule } from '../rule';

export const bypass: Rule = {
  code: 'KM201',
  name: 'bypass',
  severity: 'error',
  title: 'Requests of a linked service go past the mesh',
  why: 'Some routes of the Kong service have no link, or its host is no service of the mesh: their requests go to the host as it is written, without encryption, permission or policy. So do requests for which the plugin fails, since the host had to stay.',
  fix: 'Link the service itself instead of single routes, or move the other routes to a service of their own.',
  check: (view) => promote(view, ['LINK_PARTIAL', 'LINK_HOST_NOT_IN_MESH']),
};
