import { flavourOf } from './flavour';
import type { Place } from './labels';
import { labelsFor } from './labels';
import { kindByType } from './kinds';
import { networkingOf } from './resource';
import type { Inbound, Json, MeshServicePort, MeshServiceSpec, StoredResource } from './resource';
import type { ServiceIndex } from './service-index';
import { servicesOf } from './service-index';
import type { ResourceChange, ResourceStore } from './store';
import { isDns1035 } from './validate-resource';

export const MANAGED_BY = 'kuma.io/managed-by';
export const GRACE_STARTED = 'kuma.io/deletion-grace-period-started-at';
const GENERATOR = 'meshservice-generator';

export interface GeneratorOptions {
  readonly place: Place;
  /** By `kuma.io/service` tag, or by `kuma.io/workload` label as from 3.x on. */
  readonly by: () => 'service-tag' | 'workload-label';
  /** Whether the mesh has MeshServices made for it. */
  readonly enabled: (mesh: string) => boolean;
  /** How long after a change of Dataplanes the MeshService follows. */
  readonly delayMs: number;
  /** How long an orphaned MeshService stays. Upstream: an hour. */
  readonly graceMs: number;
  readonly now: () => Date;
}

/**
 * Makes one MeshService per service of the Dataplanes' inbounds, and marks it when its last Dataplane is gone:
 * it stays, unavailable, for the grace time. A MeshService that somebody wrote by hand is left alone.
 */
export class MeshServiceGenerator {
  readonly #store: ResourceStore;
  readonly #index: ServiceIndex;
  readonly #options: GeneratorOptions;
  readonly #dirty = new Map<string, readonly [mesh: string, service: string]>();
  readonly #grace = new Map<string, NodeJS.Timeout>();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: ResourceStore, index: ServiceIndex, options: GeneratorOptions) {
    this.#store = store;
    this.#index = index;
    this.#options = options;
    store.onChange((change) => this.#follow(change));
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const timer of this.#grace.values()) clearTimeout(timer);
  }

  /** After another version took over: what it makes differs. */
  refresh(): void {
    for (const mesh of this.#store.meshes()) {
      this.#markAll(mesh);
      for (const { name } of [...this.#store.collection('MeshService', mesh).values()]) {
        this.#mark(mesh, name);
      }
    }
  }

  #follow({ type, mesh, name, previous, current }: ResourceChange): void {
    if (type === 'Mesh' && current) this.#markAll(name);
    if (type !== 'Dataplane') return;
    const names = [previous, current].flatMap((one) => (one ? this.#namesOf(one) : []));
    for (const service of new Set(names)) this.#mark(mesh, service);
  }

  #namesOf(dataplane: StoredResource): readonly string[] {
    if (this.#options.by() === 'service-tag') return servicesOf(dataplane);
    return [dataplane.labels['kuma.io/workload'] ?? []].flat();
  }

  #markAll(mesh: string): void {
    const byTag = this.#options.by() === 'service-tag';
    const known = byTag ? this.#index.services(mesh) : this.#index.workloads(mesh);
    for (const service of known.keys()) this.#mark(mesh, service);
  }

  #mark(mesh: string, service: string): void {
    if (this.#options.delayMs === 0) {
      this.#reconcile(mesh, service);
      return;
    }
    this.#dirty.set(`${mesh}/${service}`, [mesh, service]);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const due = [...this.#dirty.values()];
      this.#dirty.clear();
      for (const [ofMesh, name] of due) this.#reconcile(ofMesh, name);
    }, this.#options.delayMs).unref();
  }

  #reconcile(mesh: string, service: string): void {
    if (!this.#options.enabled(mesh) || !isDns1035(service)) return;
    const existing = this.#store.get('MeshService', mesh, service);
    if (existing && existing.labels[MANAGED_BY] !== GENERATOR) return;
    const ports = this.#portsOf(mesh, service);
    if (ports.length === 0) {
      if (existing && existing.labels[GRACE_STARTED] === undefined) this.#orphan(mesh, existing);
      return;
    }
    clearTimeout(this.#grace.get(`${mesh}/${service}`));
    const spec = { selector: this.#selectorFor(service), ports };
    const same = existing && JSON.stringify(existing.fields['spec']) === JSON.stringify(spec);
    if (same && existing.labels[GRACE_STARTED] === undefined) return;
    this.#write(mesh, service, { spec }, {});
  }

  #orphan(mesh: string, { name, fields }: StoredResource): void {
    this.#write(mesh, name, fields, { [GRACE_STARTED]: this.#options.now().toISOString() });
    const timer = setTimeout(
      () => this.#store.delete('MeshService', mesh, name),
      this.#options.graceMs,
    );
    this.#grace.set(`${mesh}/${name}`, timer.unref());
  }

  #write(mesh: string, name: string, fields: Json, labels: Record<string, string>): void {
    const own = { ...labels, 'kuma.io/display-name': name, [MANAGED_BY]: GENERATOR };
    const place = { ...this.#options.place, flavour: flavourOf('2.14') };
    const computed = labelsFor(kindByType('MeshService'), mesh, { name, own }, place);
    this.#store.write({ type: 'MeshService', mesh, name, labels: computed, fields });
  }

  #selectorFor(service: string): Json {
    if (this.#options.by() === 'service-tag')
      return { dataplaneTags: { 'kuma.io/service': service } };
    return { dataplaneLabels: { matchLabels: { 'kuma.io/workload': service } } };
  }

  #portsOf(mesh: string, service: string): readonly MeshServicePort[] {
    const byTag = this.#options.by() === 'service-tag';
    const spec = { selector: this.#selectorFor(service) } as MeshServiceSpec;
    const ports = new Map<number, MeshServicePort>();
    for (const dataplane of this.#index.selected(mesh, spec)) {
      for (const inbound of networkingOf(dataplane).inbound ?? []) {
        const belongs = !byTag || inbound.tags?.['kuma.io/service'] === service;
        if (belongs && !ports.has(inbound.port)) ports.set(inbound.port, portOf(inbound));
      }
    }
    return [...ports.values()].sort((a, b) => a.port - b.port);
  }
}

/** The port a Dataplane's inbound becomes; an unnamed one is called by its number (recorded). */
function portOf({ name, port, protocol, tags }: Inbound): MeshServicePort {
  const appProtocol = tags?.['kuma.io/protocol'] ?? protocol ?? 'tcp';
  return { name: name ?? String(port), port, targetPort: port, appProtocol };
}
