import type { Rule } from '../rule';

export const secondWriter: Rule = {
  code: 'KM609',
  name: 'second-writer',
  severity: 'warning',
  title: 'The node holds what this daemon would not push',
  why: 'One document is the whole state of a node without a database, and the last writer wins. A configuration that is not ours comes from somebody else (an ingress controller, decK, a second daemon with another configuration, a declarative_config file after a restart), or from a daemon that does not run any more.',
  fix: 'Find out who else writes to this node, and let one of them do it; `kong-meshd diff` shows each difference.',
  check({ facts: { node, neverSynced } }) {
    // Before the first sync all of it is somebody else's, as it should be.
    if (neverSynced === true) return [];
    const document = node?.document;
    if (!node || !document || document.empty || document.ours || !document.changes) return [];
    const { count, examples } = document.changes;
    if (count === 0) return [];
    return [
      {
        subject: 'kong',
        cause: `Kong at ${node.url} differs in ${count} entit${count === 1 ? 'y' : 'ies'} from what this daemon would push.`,
        evidence: examples,
      },
    ];
  },
};
