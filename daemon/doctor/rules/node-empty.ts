import type { Rule } from '../rule';

export const nodeEmpty: Rule = {
  code: 'KM608',
  name: 'node-empty',
  severity: 'error',
  title: 'The node holds no configuration',
  why: 'A Kong without a database that restarted without its prefix, or got an empty document, answers 404 to everything and takes itself out of readiness.',
  fix: 'Let the daemon run, or push once with `kong-meshd sync`.',
  check: ({ facts: { node, kong } }) =>
    node?.document?.empty === true && kong !== undefined && kong.desired.entities.length > 0
      ? [{ subject: 'kong', cause: `Kong at ${node.url} holds no configuration at all.` }]
      : [],
};
