/** The settings of the sources, apart from the sources: checking a file needs none of them. */
import * as z from 'zod';

import { FileSourceConfig } from './file/config';
import { KubernetesSourceConfig } from './kubernetes/config';
import { KumaSourceConfig } from './kuma/config';

/** One entry under `sources`: its single key names the kind. */
export const SourceConfig = z
  .strictObject({
    kuma: KumaSourceConfig.optional().describe('A Kuma or Kong Mesh control plane.'),
    kubernetes: KubernetesSourceConfig.optional().describe('A Kubernetes cluster.'),
    file: FileSourceConfig.optional().describe('Mesh resources in files.'),
  })
  .refine((entry) => Object.values(entry).filter((value) => value !== undefined).length === 1, {
    message: 'must have exactly one kind of source',
  });
export type SourceConfig = z.infer<typeof SourceConfig>;
