import { catalogErrors } from '../../catalog/errors';
import type { ErrorSpec } from '../../catalog/error';
import { cliErrors } from '../../daemon/cli/errors';
import { configErrors } from '../../daemon/config/errors';
import { electionErrors } from '../../daemon/election/errors';
import { kongErrors } from '../../daemon/kong/errors';
import { validationErrors } from '../../daemon/kong/validation-errors';
import { kubernetesErrors } from '../../daemon/kubernetes/errors';
import { kubernetesClientErrors } from '../../daemon/kubernetes-client/errors';
import { planErrors } from '../../daemon/plan/errors';
import { reconcileErrors } from '../../daemon/reconcile/errors';
import { sourceErrors } from '../../daemon/sources/errors';
import { migrateErrors } from '../../daemon/migrate/errors';
import { dataplaneErrors } from '../../daemon/targets/dataplane/errors';
import { statusErrors } from '../../daemon/status/errors';
import { alignErrors } from '../../daemon/targets/kubernetes-align/errors';
import { targetErrors } from '../../daemon/targets/errors';
import { translateErrors } from '../../daemon/translate/errors';
import { pluginServerErrors } from '../../plugin-server/errors';
import { upstreamErrors } from '../../plugin/mesh-upstream/errors';
import { escapeCell, generated } from './markdown';

/** Every catalogue of the project, by the area users meet it in. */
export const catalogues: Readonly<Record<string, Readonly<Record<string, ErrorSpec>>>> = {
  Configuration: configErrors.specs,
  Sources: sourceErrors.specs,
  'Kong configuration': kongErrors.specs,
  Validation: validationErrors.specs,
  Links: translateErrors.specs,
  Kubernetes: kubernetesErrors.specs,
  'Kubernetes API': kubernetesClientErrors.specs,
  'Gateway tag on Kubernetes': alignErrors.specs,
  Election: electionErrors.specs,
  Plan: planErrors.specs,
  Passes: reconcileErrors.specs,
  Targets: targetErrors.specs,
  Status: statusErrors.specs,
  Dataplane: dataplaneErrors.specs,
  'Cut-over to 3.x': migrateErrors.specs,
  Snapshot: catalogErrors.specs,
  'Command line': cliErrors.specs,
  'Plugin server': pluginServerErrors.specs,
  Plugin: upstreamErrors.specs,
};

export function errorsPage(): string {
  const sections = Object.entries(catalogues).map(([area, specs]) => {
    const rows = Object.entries(specs)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([code, { message, remedy, severity }]) =>
          `| \`${code}\` | ${severity ?? 'error'} | ${escapeCell(message)} | ${escapeCell(remedy)} |`,
      );
    return [
      `## ${area}`,
      '',
      '| code | severity | what it says | what to do |',
      '| --- | --- | --- | --- |',
      ...rows,
    ].join('\n');
  });
  const intro =
    'Each finding has a code, the place it concerns, the cause and the remedy. Words in braces are filled in.';
  return generated(['# Errors and findings', '', intro, '', sections.join('\n\n'), ''].join('\n'));
}
