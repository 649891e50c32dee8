import { includesAll, meshServiceSpecOf, networkingOf, tagSetsOf } from './resource';
import type { MeshServiceSpec, StoredResource, Tags } from './resource';
import { SortedMap } from './sorted-map';
import type { ResourceChange, ResourceStore } from './store';

/** What stands behind one `kuma.io/service` value. */
export interface ServiceEntry {
  readonly dataplanes: Set<string>;
  /** Names of legacy ExternalServices with this tag. */
  readonly externals: Set<string>;
}

interface MeshIndex {
  readonly services: SortedMap<ServiceEntry>;
  readonly workloads: SortedMap<Set<string>>;
}

/** From service tags and workload labels to Dataplanes, kept in step with the store. */
export class ServiceIndex {
  readonly #store: ResourceStore;
  readonly #meshes = new Map<string, MeshIndex>();

  constructor(store: ResourceStore) {
    this.#store = store;
    store.onChange((change) => this.#follow(change));
  }

  /** All `kuma.io/service` values of a mesh, gateways and ExternalServices among them. */
  services(mesh: string): SortedMap<ServiceEntry> {
    return this.#of(mesh).services;
  }

  /** All `kuma.io/workload` labels of a mesh, with the Dataplanes that carry them. */
  workloads(mesh: string): SortedMap<Set<string>> {
    return this.#of(mesh).workloads;
  }

  dataplanesOf(mesh: string, service: string): readonly StoredResource[] {
    return this.#dataplanes(mesh, this.services(mesh).get(service)?.dataplanes ?? []);
  }

  /** The Dataplanes a MeshService selects. Gateways have no inbound and are never among them. */
  selected(mesh: string, { selector }: MeshServiceSpec): readonly StoredResource[] {
    const tags = selector?.dataplaneTags;
    const labels = selector?.dataplaneLabels?.matchLabels;
    const name = selector?.dataplaneRef?.name;
    if (tags) {
      const service = tags['kuma.io/service'];
      return this.#withInbounds(
        service === undefined ? this.#all(mesh) : this.dataplanesOf(mesh, service),
      ).filter((one) => tagSetsOf(one).some((set) => includesAll(set, tags)));
    }
    if (labels) {
      const workload = labels['kuma.io/workload'];
      const found =
        workload === undefined
          ? this.#all(mesh)
          : this.#dataplanes(mesh, this.workloads(mesh).get(workload) ?? []);
      return this.#withInbounds(found).filter((one) => includesAll(one.labels, labels));
    }
    return name === undefined ? [] : this.#withInbounds(this.#dataplanes(mesh, [name]));
  }

  selectedBy(meshService: StoredResource): readonly StoredResource[] {
    return this.selected(meshService.mesh ?? '', meshServiceSpecOf(meshService));
  }

  #withInbounds(dataplanes: readonly StoredResource[]): readonly StoredResource[] {
    return dataplanes.filter((one) => (networkingOf(one).inbound ?? []).length > 0);
  }

  #all(mesh: string): readonly StoredResource[] {
    return [...this.#store.collection('Dataplane', mesh).values()];
  }

  #dataplanes(mesh: string, names: Iterable<string>): readonly StoredResource[] {
    return [...names].flatMap((name) => this.#store.get('Dataplane', mesh, name) ?? []);
  }

  #of(mesh: string): MeshIndex {
    let found = this.#meshes.get(mesh);
    if (!found) {
      found = { services: new SortedMap(), workloads: new SortedMap() };
      this.#meshes.set(mesh, found);
    }
    return found;
  }

  #follow({ type, mesh, name, previous, current }: ResourceChange): void {
    if (type === 'Dataplane') {
      for (const service of previous ? servicesOf(previous) : []) this.#drop(mesh, service, name);
      for (const service of current ? servicesOf(current) : [])
        this.#entry(mesh, service).dataplanes.add(name);
      this.#followWorkload(mesh, name, previous, current);
    }
    if (type === 'ExternalService') {
      const before = previous && serviceOf(previous.fields['tags'] as Tags | undefined);
      const after = current && serviceOf(current.fields['tags'] as Tags | undefined);
      if (before !== undefined) this.#drop(mesh, before, name, 'externals');
      if (after !== undefined) this.#entry(mesh, after).externals.add(name);
    }
  }

  #followWorkload(
    mesh: string,
    name: string,
    previous: StoredResource | undefined,
    current: StoredResource | undefined,
  ): void {
    const { workloads } = this.#of(mesh);
    const before = previous?.labels['kuma.io/workload'];
    const after = current?.labels['kuma.io/workload'];
    if (
      before !== undefined &&
      workloads.get(before)?.delete(name) &&
      workloads.get(before)?.size === 0
    ) {
      workloads.delete(before);
    }
    if (after === undefined) return;
    const names = workloads.get(after);
    if (names) names.add(name);
    else workloads.set(after, new Set([name]));
  }

  #entry(mesh: string, service: string): ServiceEntry {
    const { services } = this.#of(mesh);
    let entry = services.get(service);
    if (!entry) {
      entry = { dataplanes: new Set(), externals: new Set() };
      services.set(service, entry);
    }
    return entry;
  }

  #drop(
    mesh: string,
    service: string,
    name: string,
    from: keyof ServiceEntry = 'dataplanes',
  ): void {
    const { services } = this.#of(mesh);
    const entry = services.get(service);
    entry?.[from].delete(name);
    if (entry && entry.dataplanes.size + entry.externals.size === 0) services.delete(service);
  }
}

/** The `kuma.io/service` values a Dataplane shows. */
export function servicesOf(dataplane: StoredResource): readonly string[] {
  return [...new Set(tagSetsOf(dataplane).flatMap((tags) => serviceOf(tags) ?? []))];
}

function serviceOf(tags: Tags | undefined): string | undefined {
  return tags?.['kuma.io/service'];
}
