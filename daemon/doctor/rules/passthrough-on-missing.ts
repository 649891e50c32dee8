import { promote } from '../promote';
import type { Rule } from '../rule';

export const passthroughOnMissing: Rule = {
  code: 'KM203',
  name: 'passthrough-on-missing',
  severity: 'warning',
  title: 'A missing mesh service means plaintext',
  why: 'The plugin is told to let requests pass where its mesh service is missing. They then go to the host of the Kong service, past the mesh; so do requests for which the plugin server fails. Nobody notices, because they succeed.',
  fix: 'Use on_missing: reject, or a fallback to another mesh service.',
  check: (view) => promote(view, ['LINK_PASSTHROUGH']),
};
