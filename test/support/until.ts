import { eventually } from '../../sandbox/eventually';

/** Until the assertions in `check` hold; fails with the last one that did not. */
export async function until<T>(check: () => Promise<T> | T, timeoutMs = 8000): Promise<T> {
  const { value } = await eventually(
    'the assertions hold',
    async () => ({ value: await check() }),
    timeoutMs,
  );
  return value;
}
