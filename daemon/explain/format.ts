/** An explanation on one screen: a word and what it comes to, step by step. */
import pc from 'picocolors';

import { visible } from '../../catalog/text';
import { formatFinding } from '../doctor/format';
import { listed } from '../doctor/name-of';
import { formatMs } from '../../catalog/go-duration';
import type {
  Explanation,
  LimitStep,
  LinkStep,
  MeshStep,
  RouteStep,
  ShareStep,
  Way,
} from './explanation';

const labelWidth = 12;
const shownEndpoints = 5;

export function formatExplanation(explanation: Explanation, colour: boolean): string {
  const paint = pc.createColors(colour);
  const { question, ways, notes, findings } = explanation;
  const blocks = [
    ...ways.map((way) => formatRows(rowsOf(way), colour)),
    ...(notes.length > 0
      ? [notes.map((note) => `${paint.dim('note:')} ${visible(note)}\n`).join('')]
      : []),
    ...(findings.length > 0 ? [`${paint.bold('On the way')}\n`] : []),
    ...findings.map((finding) => formatFinding(finding, colour)),
  ];
  return `${paint.bold(visible(question))}\n\n${blocks.join('\n')}`;
}

type Row = readonly [label: string, text: string];

function formatRows(rows: readonly Row[], colour: boolean): string {
  const paint = pc.createColors(colour);
  return rows
    .map(([label, text]) => `${paint.cyan(label.padEnd(labelWidth))}${visible(text)}\n`)
    .join('');
}

function rowsOf(way: Way): readonly Row[] {
  const { service, link, mesh, sidecar, permission, host, path } = way;
  return [
    ...way.routes.slice(0, shownEndpoints).map((route): Row => ['route', routeText(route)]),
    ...(way.routes.length > shownEndpoints
      ? [['', `and ${way.routes.length - shownEndpoints} more routes`] as const]
      : []),
    ...(service
      ? [
          [
            'service',
            `${service.name}, ${service.protocol}; Kong dials ${service.dials}${service.upstream ? `, an upstream of ${listed(service.upstream)}` : ''}`,
          ] as const,
        ]
      : [['service', 'none: Kong answers 503'] as const]),
    ...(link ? linkRows(link) : [['link', 'none: left as it is'] as const]),
    ...(mesh ? meshRows(mesh) : []),
    ...(sidecar ? [['sidecar', sidecarText(sidecar)] as const] : []),
    ...(permission ? [['permission', permissionText(permission)] as const] : []),
    ...endpointRows(way),
    ['Host', `${host.value ?? 'as the client sent it'} (${host.reason})`],
    ...(path === undefined ? [] : [['path', path] as const]),
    ['retries', retriesText(way.limits)],
    ['time-outs', timeoutsText(way.limits)],
    ...way.policies.map(({ type, names }): Row => ['policy', `${type} ${listed(names)}`]),
  ];
}

function routeText({ name, matched, stripped, redirects, over }: RouteStep): string {
  const parts = [
    name,
    ...(matched === undefined ? [] : [`matches ${matched}`]),
    ...(stripped === undefined || stripped === '/' ? [] : [`strips ${stripped}`]),
    ...(redirects === undefined ? [] : [`serves HTTPS only: Kong answers ${redirects}`]),
    ...(over.length > 0 ? [`wins over ${listed(over)}`] : []),
  ];
  return parts.join(', ');
}

function linkRows(link: LinkStep): readonly Row[] {
  const when = link.time === 'request' ? 'looked up per request' : 'written into the configuration';
  const broken: readonly Row[] =
    link.state === 'linked'
      ? []
      : [
          [
            '',
            `${link.code ?? link.state}: ${link.reason}${link.address === undefined ? '' : ` (${link.address})`}`,
          ],
        ];
  return [
    ['link', `${link.reference}, by ${link.kind} (${link.carriedBy}), ${when}`],
    ...broken,
    ...(link.shares ?? []).map((share) => ['', shareText(share, link.shares ?? [])] as const),
    ...(link.fallback
      ? [['', `otherwise ${link.fallback.reference}: ${link.fallback.state}`] as const]
      : []),
  ];
}

function shareText(
  { reference, weight, state, availability }: ShareStep,
  all: readonly ShareStep[],
): string {
  const total = all.reduce((sum, share) => sum + share.weight, 0);
  const percent = total === 0 ? 0 : Math.round((1000 * weight) / total) / 10;
  return `${percent} % to ${reference}: ${availability ?? state}`;
}

function meshRows(mesh: MeshStep): readonly Row[] {
  const where = [
    ...(mesh.namespace === undefined ? [] : [`namespace ${mesh.namespace}`]),
    ...(mesh.zone === undefined ? [] : [`zone ${mesh.zone}`]),
  ];
  const port = `port ${mesh.port} ${mesh.protocol ?? 'of unknown protocol'}`;
  const others = mesh.others.map(({ form, address }) => `${address} (${form})`);
  return [
    ['mesh', [`${mesh.kind} ${mesh.name}`, ...where, port, mesh.availability].join(', ')],
    ['address', `${mesh.address} (${mesh.form}): ${mesh.reason}`],
    ...(others.length > 0 ? [['', `also ${others.join(', ')}`] as const] : []),
  ];
}

function sidecarText(sidecar: NonNullable<Way['sidecar']>): string {
  const { dataplane, online, identity, mtls, outbound } = sidecar;
  return [
    dataplane,
    ...(online === undefined ? [] : [online ? 'connected' : 'NOT connected']),
    ...(identity === undefined ? [] : [`is ${identity} in the mesh`]),
    ...(mtls === undefined ? [] : [mtls ? 'encrypts' : 'does NOT encrypt']),
    ...(outbound === undefined ? [] : [`outbound ${outbound}`]),
  ].join(', ');
}

function permissionText({ state, by }: NonNullable<Way['permission']>): string {
  const names = by.length > 0 ? ` by ${listed(by)}` : '';
  switch (state) {
    case 'allowed':
      return `allowed${names}`;
    case 'denied':
      return `DENIED${names}: 403`;
    case 'missing':
      return `MISSING: 403${by.length > 0 ? `; ${listed(by)} name others` : ''}`;
    case 'unknown':
      return `not known${names}`;
  }
}

function endpointRows({ endpoints, mesh }: Way): readonly Row[] {
  if (!mesh) return [];
  if (endpoints.length === 0) return [['endpoints', 'none known']];
  const shown = endpoints.slice(0, shownEndpoints).map(({ dataplane, address, online, zone }) => {
    const state = online === undefined ? 'never connected' : online ? 'connected' : 'gone';
    return `${dataplane} ${address} ${state}${zone === undefined ? '' : `, zone ${zone}`}`;
  });
  const more = endpoints.length - shown.length;
  const lines = [...shown, ...(more > 0 ? [`and ${more} more`] : [])];
  return lines.map((line, index): Row => [index === 0 ? 'endpoints' : '', line]);
}

function retriesText({ kong, mesh, attempts }: LimitStep): string {
  const parts = [`Kong ${kong.retries}`];
  if (mesh?.retries !== undefined) parts.push(`mesh ${mesh.retries}`);
  return `${parts.join(', ')}${attempts === undefined ? '' : `: at most ${attempts} attempt${attempts === 1 ? '' : 's'}`}`;
}

function timeoutsText({ kong, mesh }: LimitStep): string {
  const own = `Kong connect ${formatMs(kong.connectMs)}, read ${formatMs(kong.readMs)}`;
  if (!mesh) return own;
  const request = mesh.requestMs === 0 ? 'none' : formatMs(mesh.requestMs);
  const idle =
    mesh.streamIdleMs === undefined || mesh.streamIdleMs === 0
      ? ''
      : `, without a byte ${formatMs(mesh.streamIdleMs)}`;
  return `${own}; mesh connect ${formatMs(mesh.connectMs)}, request ${request}${idle}`;
}
