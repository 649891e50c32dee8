/** The `file:` entry under `sources` of kong-meshd.yaml. */
import * as z from 'zod';

/** Files and folders with mesh resources, as `kumactl get … -o yaml` prints them. */
export const FileSourceConfig = z.strictObject({
  path: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .transform((value) => (typeof value === 'string' ? [value] : value))
    .describe('A file or folder with mesh resources in YAML or JSON, or a list of them.'),
});
export type FileSourceConfig = z.infer<typeof FileSourceConfig>;
