/** The doctor over a gateway with 2,000 linked services, as its command in a process of its own. */
import { measureCommand, type Used } from './support/measure-command';
import { startDoctorWorld, type DoctorWorld } from './support/doctor-world';
import { median } from './support/quantile';

const services = 2_000;
const runs = 5;

/**
 * Medians of five runs. `doctorS`: from the start of the process to its end. `meshLists` and `kongCalls`:
 * how many different things were asked for; `mostPerKind`: how often the same list at most.
 */
export async function run(): Promise<Record<string, number>> {
  const world = await startDoctorWorld(services);
  try {
    await measureCommand(['sync', '-c', world.configFile, '--quiet']);
    world.takeLists();
    const samples: Used[] = [];
    let asked = askedOf(world);
    for (let n = 0; n < runs; n += 1) {
      samples.push(await measureCommand(['doctor', '-c', world.configFile, '--fail-on', 'never']));
      asked = askedOf(world);
    }
    const figure = (name: keyof Used): number =>
      Math.round(median(samples.map((sample) => sample[name])) * 100) / 100;
    return {
      services,
      doctorS: figure('wallS'),
      doctorCpuS: figure('cpuS'),
      doctorRssMiB: figure('rssMiB'),
      ...asked,
    };
  } finally {
    await world.stop();
  }
}

/** Which things are no lists: who is there, and the mesh itself. */
const single = new Set(['/', '/meshes/default', '/status']);

function askedOf(world: DoctorWorld): Record<string, number> {
  const { mesh, kong } = world.takeLists();
  const counts = new Map<string, number>();
  for (const path of [...mesh, ...kong].filter((each) => !single.has(each))) {
    counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  return {
    meshLists: new Set(mesh.filter((path) => !single.has(path))).size,
    kongCalls: kong.length,
    mostPerKind: Math.max(0, ...counts.values()),
  };
}
