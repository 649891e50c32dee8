/** Objects of Kong Operator, as far as they decide about the gateway's Pods and its class. */
import * as z from 'zod';

import { excludeAnnotation } from './interception';
import { Meta, Strings } from './view-parts';
import type { ObjectName } from './views';

/** A Pod template that Kong Operator makes Kong's Pods of, whatever becomes of their Deployment. */
export interface OperatorTemplateView extends ObjectName {
  readonly kind: string;
  readonly gateway?: string;
  /** It names ports that the sidecar leaves alone. */
  readonly excludes?: boolean;
}

/** Kong Operator's ControlPlane: which IngressClass it serves, where it serves one. */
export interface OperatorControlPlaneView extends ObjectName {
  readonly ingressClass?: string;
}

const Template = z
  .object({
    deployment: z
      .object({
        podTemplateSpec: z
          .object({ metadata: z.object({ annotations: Strings }).nullish() })
          .nullish(),
      })
      .nullish(),
  })
  .nullish();

function templateOf(
  kind: string,
  { name, namespace }: z.output<typeof Meta>,
  template: z.output<typeof Template>,
): OperatorTemplateView {
  const annotations = template?.deployment?.podTemplateSpec?.metadata?.annotations ?? {};
  const gateway = annotations['kuma.io/gateway'];
  return {
    ...{ kind, name, namespace: namespace ?? 'default' },
    ...(gateway ? { gateway } : {}),
    ...(annotations[excludeAnnotation] === undefined ? {} : { excludes: true }),
  };
}

export const OperatorDataPlaneView = z
  .object({ metadata: Meta, spec: Template })
  .transform(({ metadata, spec }) => templateOf('DataPlane', metadata, spec));

export const GatewayConfigurationView = z
  .object({ metadata: Meta, spec: z.object({ dataPlaneOptions: Template }).nullish() })
  .transform(({ metadata, spec }) =>
    templateOf('GatewayConfiguration', metadata, spec?.dataPlaneOptions),
  );

export const OperatorControlPlaneView = z
  .object({ metadata: Meta, spec: z.object({ ingressClass: z.string().nullish() }).nullish() })
  .transform(({ metadata, spec }): OperatorControlPlaneView => ({
    name: metadata.name,
    namespace: metadata.namespace ?? 'default',
    ...(spec?.ingressClass ? { ingressClass: spec.ingressClass } : {}),
  }));
