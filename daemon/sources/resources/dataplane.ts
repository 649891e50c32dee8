/** `Dataplane` as far as a gateway's one is concerned. */
import * as z from 'zod';

import type { GatewayDataplane, Outbound, OutboundTarget } from '../../../catalog/gateway';
import { Ip, Labels, listOf, Meta, Port } from './common';

/**
 * The one port of a MeshExternalService need not be named: 0 stands for it. Of a name beside labels only
 * the labels count.
 */
const BackendRef = z
  .object({ kind: z.string(), name: z.string().nullish(), labels: Labels, port: Port.nullish() })
  .transform(({ name, port, ...ref }): OutboundTarget => ({
    type: 'backendRef',
    ...(name && Object.keys(ref.labels).length === 0 ? { name } : {}),
    ...ref,
    port: port ?? 0,
  }));

/** Stands for "no Service" in the Dataplane of a Kubernetes Pod: nobody listens there. */
export const noService = 49_151;

const InboundEntry = z.object({ port: z.number() });

const OutboundEntry = z
  .object({
    address: Ip.or(z.literal('')).nullish(),
    port: Port,
    tags: Labels,
    backendRef: BackendRef.nullish(),
  })
  .transform(({ address, port, tags, backendRef }): Outbound => ({
    // The control plane prints an omitted address as omitted and listens on loopback.
    address: address ? address : '127.0.0.1',
    port,
    target: backendRef ?? { type: 'tags', tags },
  }));

export const Dataplane = z
  .object({
    ...Meta,
    networking: z.object({
      address: z.string(),
      gateway: z.object({ type: z.string().nullish(), tags: Labels }).nullish(),
      inbound: listOf(InboundEntry),
      /** Of a zone proxy of 3.x, which has neither inbounds nor a gateway block either. */
      listeners: listOf(z.unknown()),
      outbound: listOf(OutboundEntry),
      transparentProxying: z.object({ redirectPortOutbound: z.int().min(0).nullish() }).nullish(),
    }),
  })
  .transform(({ mesh, name, labels, networking }): GatewayDataplane => {
    const { gateway, inbound, listeners, transparentProxying } = networking;
    const forNobody = inbound.every(({ port }) => port === noService);
    const plain = !gateway && listeners.length === 0 && forNobody;
    const tags = gateway?.tags ?? {};
    const zone = labels['kuma.io/zone'] ?? tags['kuma.io/zone'];
    const service = tags['kuma.io/service'];
    return {
      mesh,
      name,
      ...(zone ? { zone } : {}),
      address: networking.address,
      // DELEGATED is the enum's zero, which the API leaves out.
      delegated: Boolean(gateway) && (gateway?.type ?? 'DELEGATED') === 'DELEGATED',
      ...(plain ? { plain } : {}),
      ...(service ? { service } : {}),
      tags,
      labels,
      transparentProxy: (transparentProxying?.redirectPortOutbound ?? 0) > 0,
      outbounds: networking.outbound,
    };
  });
