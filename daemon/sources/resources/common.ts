/** What all of Kuma's resources have in common, in the form its REST API and kumactl print. */
import * as z from 'zod';

import { orderHostnames } from '../../../catalog/service';
import { word } from '../../../catalog/text';

/** Go leaves empty maps and lists out or prints them as null: both mean empty. */
export function listOf<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
}

/** A label that only tells when the control plane will forget the resource: not part of what it is. */
const passingLabel = 'kuma.io/deletion-grace-period-started-at';

/** Labels or tags, sorted by key: two ways to write the same set must give the same revision. */
export const Labels = z
  .record(z.string(), z.string().regex(word, 'not the value of a label'))
  .nullish()
  .transform((labels): Readonly<Record<string, string>> => {
    const kept = Object.entries(labels ?? {}).filter(([key]) => key !== passingLabel);
    return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
  });

export const Port = z.int().min(1).max(65535);

/** Host names become Kong hosts and cache keys: nothing but host name characters may pass. */
export const Hostname = z
  .string()
  .max(253)
  .regex(/^[\w-]+(\.[\w-]+)*\.?$/, 'not a host name');

export const Ip = z.union([z.ipv4(), z.ipv6()]);

/**
 * `status.addresses` and the VIPs as the control plane computed them; they are never recomputed. A host
 * name that it generated wrongly takes neither the others nor the whole service with it.
 */
export const Addresses = listOf(z.object({ hostname: z.string() })).transform((addresses) =>
  orderHostnames(
    addresses.flatMap(({ hostname }) => (Hostname.safeParse(hostname).success ? [hostname] : [])),
  ),
);

/** An address that is not assigned yet is an empty text or not there. */
export const Vip = z
  .object({ ip: z.union([Ip, z.literal('')]).nullish() })
  .nullish()
  .transform((vip) => (vip?.ip ? [vip.ip] : []));

export const Vips = listOf(Vip).transform((vips) => vips.flat());

const Word = z.string().regex(word, 'not one visible word');

/** A port without a name is called by its number by the control plane: that is no name. */
export const ServicePort = z
  .object({ port: Port, name: Word.nullish(), appProtocol: Word.nullish() })
  .transform(({ port, name, appProtocol }) => ({
    port,
    ...(name && name !== String(port) ? { name } : {}),
    ...(appProtocol ? { protocol: appProtocol } : {}),
  }));

/** What a service is called by may end up in a Host header: one visible word. */
export const Name = z.string().regex(/^[^\s\p{C}]+$/u, 'not a name');

/** The parts of every resource that say which one it is. */
export const Meta = { mesh: z.string(), name: Name, labels: Labels };

interface Named {
  readonly mesh: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Who a resource is: on another zone or on global its own name carries a hash suffix, the labels say
 * what its author called it.
 */
export function identityOf({ mesh, name, labels }: Named) {
  const namespace = labels['k8s.kuma.io/namespace'];
  return {
    name: labels['kuma.io/display-name'] ?? name,
    ...(namespace ? { namespace } : {}),
    mesh,
    resource: name,
    labels,
  };
}

/** Present only where the resource belongs to one zone. */
export function zoneOf(labels: Readonly<Record<string, string>>): { readonly zone?: string } {
  const zone = labels['kuma.io/zone'];
  return zone ? { zone } : {};
}
