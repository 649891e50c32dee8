import type { KongEntity } from '../config-view';
import { referencedId } from '../store/collection';
import type { AdminContext } from './admin-context';

/** A certificate is written with the names that use it: each is an entity of its own. */
function readNames(snis: unknown): readonly string[] | undefined {
  return Array.isArray(snis) ? snis.filter((name) => typeof name === 'string') : undefined;
}

/** Why the names cannot be this certificate's, if so. */
export function findSniFault(
  context: AdminContext,
  certificate: KongEntity,
  snis: unknown,
): string | undefined {
  for (const name of readNames(snis) ?? []) {
    const holder = context.store.of('snis').findBy('name', name);
    const holderId = holder && referencedId(holder, 'certificate');
    if (holderId !== undefined && holderId !== certificate.id) {
      return `${name} already associated with existing certificate '${holderId}'`;
    }
  }
  return undefined;
}

/** Makes the certificate's names those given; leaves them where none are given. */
export function saveSnis(context: AdminContext, certificate: KongEntity, snis: unknown): void {
  const names = readNames(snis);
  if (!names) return;
  const collection = context.store.of('snis');
  for (const id of [...collection.childIds('certificate', certificate.id)]) {
    const sni = collection.get(id);
    if (sni && !names.includes(String(sni.name))) collection.remove(sni);
  }
  const time = Math.floor(context.now() / 1000);
  for (const name of names) {
    if (collection.findBy('name', name)) continue;
    collection.put({
      id: context.random.id(),
      name,
      certificate: { id: certificate.id },
      tags: certificate.tags ?? null,
      created_at: time,
      updated_at: time,
    });
  }
}
