/** Kong states for tests, from the same text a user would write. */
import { stringify } from 'yaml';

import type { KongState } from '../../../daemon/kong/model';
import { parseKongConfig } from '../../../daemon/kong/parse';

export function kongFrom(document: Readonly<Record<string, unknown>>): KongState {
  const text = stringify({ _format_version: '3.0', ...document });
  const { state, failures } = parseKongConfig([{ path: 'kong.yaml', text }], { env: {} });
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  return state;
}
