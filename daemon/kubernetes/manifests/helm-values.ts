/** The same as values of Kong's charts, which make the Deployment: kong/kong, or kong/ingress below gateway. */
import { gatewayMetadata, ignored, type GatewayForm } from './gateway';
import type { Manifest } from './manifest';
import { podSecurity, type PodParts } from './pod';

export type HelmValues = Readonly<Record<string, unknown>>;

/** @param objects go with the release. */
export function helmValues(
  objects: readonly Manifest[],
  { initContainers, containers, volumes, kong }: PodParts,
  form: GatewayForm,
): HelmValues {
  const { labels, annotations } = gatewayMetadata(form);
  const service = { annotations: ignored };
  return {
    podLabels: labels,
    podAnnotations: annotations,
    // Of the chart's Services those that it makes by default.
    ...(form.marked ? {} : { proxy: service, admin: service, manager: service }),
    ...(kong ? { env: kong.settings, securityContext: podSecurity } : {}),
    deployment: {
      ...(initContainers.length > 0 ? { initContainers } : {}),
      sidecarContainers: containers,
      userDefinedVolumes: volumes,
      ...(kong ? { userDefinedVolumeMounts: kong.volumeMounts } : {}),
    },
    extraObjects: objects,
  };
}
