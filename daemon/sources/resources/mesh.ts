/** `Mesh`: only how it treats its services. */
import * as z from 'zod';

export type ServicesMode = 'Disabled' | 'Everywhere' | 'ReachableBackends' | 'Exclusive';

const modes: readonly ServicesMode[] = ['Disabled', 'Everywhere', 'ReachableBackends', 'Exclusive'];

/** Unset means Disabled until Kuma 2.14; 3.0 has no such field, and no legacy services either. */
export const Mesh = z
  .object({
    name: z.string(),
    meshServices: z.object({ mode: z.string().nullish() }).nullish(),
  })
  .transform(({ name, meshServices }) => ({
    name,
    mode: modes.find((mode) => mode === meshServices?.mode) ?? 'Disabled',
  }));
export type Mesh = z.infer<typeof Mesh>;
