/** What stands between the file target and a Kong: somebody who loads the file when it has changed. */
import { readIfPresent } from '../../../catalog/atomic-file';

/** One look at the file. One that Kong refuses leaves Kong as it is; one that did not arrive is sent again. */
export function followOutput(file: string, adminUrl: string): () => Promise<void> {
  let loaded = '';
  return async () => {
    const text = (await readIfPresent(file)) ?? loaded;
    if (text === loaded) return;
    const response = await fetch(`${adminUrl}/config`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ config: text }),
      signal: AbortSignal.timeout(10_000),
    });
    await response.text();
    loaded = text;
  };
}
