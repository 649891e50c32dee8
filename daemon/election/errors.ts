/** What can go wrong while replicas elect the one that writes. */
import { defineErrors } from '../../catalog/error';

export const electionErrors = defineErrors({
  ELECTION_LOST: {
    severity: 'warning',
    message: 'This replica stopped writing in the middle of a pass: {cause}.',
    remedy: 'Nothing, if another replica leads now: it starts over from what it observes.',
  },
  ELECTION_FAILING: {
    message: 'The lease {lease} cannot be read or written, so this replica does not write: {cause}',
    remedy: '{remedy}',
  },
  ELECTION_LOCAL_TARGET: {
    severity: 'warning',
    message:
      "Only the elected replica writes to {target}, which looks like this replica's own: while another leads, nobody does.",
    remedy:
      'Remove election from kong-meshd.yaml, or set kong.target.admin: an election is for replicas that write one Admin API of a Kong with a database.',
  },
});
