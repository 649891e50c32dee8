/** What stands between the file target and a Kong: somebody who loads the file when it has changed. */
import { readIfPresent } from '../../../catalog/atomic-file';

/** Returns the way to stop. A file that Kong refuses leaves Kong as it is. */
export function followOutput(file: string, adminUrl: string): () => void {
  let loaded = '';
  let busy = false;
  async function look(): Promise<void> {
    const text = (await readIfPresent(file)) ?? loaded;
    if (text === loaded) return;
    loaded = text;
    await fetch(`${adminUrl}/config`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ config: text }),
    });
  }
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    look()
      .catch(() => undefined)
      .finally(() => (busy = false));
  }, 50);
  return () => clearInterval(timer);
}
