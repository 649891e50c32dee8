import { isRecord } from './fill-defaults';
import type { EntityDraft } from './fill-defaults';

/**
 * What follows from other fields of an upstream (seen on 3.9.3): least-connections and latency take
 * `hash_on` away, and else `hash_on` decides on the algorithm, over a given one too.
 */
export function withAlgorithm(input: Readonly<EntityDraft>): Readonly<EntityDraft> {
  const { algorithm, hash_on: hashOn } = input;
  if (algorithm === 'least-connections' || algorithm === 'latency') {
    return { ...input, hash_on: 'none' };
  }
  // Whatever is no algorithm or no way to hash is for the check to refuse.
  if (![undefined, null, 'round-robin', 'consistent-hashing'].includes(algorithm as string)) {
    return input;
  }
  const hashes = typeof hashOn === 'string' && hashOn !== 'none';
  return {
    ...input,
    algorithm: hashes ? 'consistent-hashing' : 'round-robin',
    ...(hashOn === null ? { hash_on: 'none' } : {}),
  };
}

/** Routes of gRPC keep their path, others strip it. */
export function withStripPath(input: Readonly<EntityDraft>): Readonly<EntityDraft> {
  const { protocols } = input;
  if (!Array.isArray(protocols) || input.strip_path !== undefined) return input;
  const isGrpc = protocols.includes('grpc') || protocols.includes('grpcs');
  return isGrpc ? { ...input, strip_path: false } : input;
}

/** The one kind of vault of the open source edition, which reads the environment, has one field. */
export function withVaultConfig(input: Readonly<EntityDraft>): Readonly<EntityDraft> {
  if (input.name !== 'env') return input;
  const given = isRecord(input.config) ? input.config : {};
  return { ...input, config: { prefix: null, ...given } };
}
