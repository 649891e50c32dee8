import type { Section } from './section';

type Figure = Section['figures'][number];

/** The daemon and what it serves. */
export const daemonSections: readonly Section[] = [
  {
    bench: 'pass',
    title: 'A pass of the daemon, by the size of the mesh',
    about: `A pass observes the mesh, plans, and applies what differs. The control plane (every service has
a MeshService and a \`kuma.io/service\` tag) and a Kong without a database run in another process; up to
1,000 services are linked, half by plugin and half by tag. The first pass makes everything, an unchanged
one only looks, and in the third kind one service has moved to another port. The floor of an unchanged pass
is receiving the control plane's answers and their digests; of a change, in addition, reading the pages that
changed, two requests to the sidecar's Dataplane, and printing and pushing Kong's document, which is read
and loaded as a whole there.`,
    figures: [
      by(
        'unchangedCpuMs',
        'ms',
        'CPU of a pass in which nothing changed (median of 15, at 50,000 of 7)',
      ),
      by('unchangedWallMs', 'ms', 'its duration, mostly waiting for the control plane'),
      by('unchangedKumaCalls', '', 'its requests to the control plane'),
      by('unchangedPushes', '', 'its pushes to Kong'),
      by('changeCpuMs', 'ms', 'CPU of a pass in which one service moved (median of 5)'),
      by('oneChangeExtraCpuMs', 'ms', 'what of it is beyond an unchanged pass'),
      by('unchangedAllocatedMB', 'MB', 'allocated by an unchanged pass'),
      by('oneChangeAllocatedMB', 'MB', 'allocated by a pass in which one service moved'),
      by('changeWallMs', 'ms', 'its duration; it waits for the sidecar'),
      by('changePushes', '', 'its pushes to Kong'),
      by('coldCpuMs', 'ms', 'CPU of the first pass'),
      by('coldWallMs', 'ms', 'its duration'),
      by('rssMB', 'MB', 'resident memory of the bench, the daemon in it'),
    ],
    charts: [
      {
        file: 'pass.svg',
        title: 'CPU of a pass, by the size of the mesh',
        alt: 'CPU of the first pass, of one with a change and of an unchanged one, from 100 to 50,000 services.',
        x: { label: 'mesh services', scale: 'log' },
        y: { label: 'ms of CPU', scale: 'log' },
        series: [
          { figure: 'coldCpuMs', label: 'first pass' },
          { figure: 'changeCpuMs', label: 'one service moved' },
          { figure: 'unchangedCpuMs', label: 'nothing changed' },
        ],
      },
    ],
  },
  {
    bench: 'memory',
    title: 'Memory, by the size of the mesh',
    about: `\`kong-meshd run\` and \`kong-meshd plugin-server\` as processes of their own. The daemon is at
rest, looking every second; the plugin server has 100 instances and has been through six snapshots that
replaced one another.`,
    figures: [
      by('pluginServerMB', 'MiB', 'resident memory of the plugin server'),
      by('pluginServerPeakMB', 'MiB', 'its highest'),
      by('daemonMB', 'MiB', 'resident memory of the daemon at rest'),
      by('daemonPeakMB', 'MiB', 'its highest, mostly of the first pass'),
    ],
    charts: [
      {
        file: 'memory.svg',
        title: 'Resident memory, by the size of the mesh',
        alt: 'Resident memory of the daemon and of the plugin server, from 100 to 50,000 services.',
        x: { label: 'mesh services', scale: 'log' },
        y: { label: 'MiB', scale: 'linear' },
        series: [
          { figure: 'daemonMB', label: 'daemon' },
          { figure: 'pluginServerMB', label: 'plugin server' },
        ],
      },
    ],
  },
  {
    bench: 'propagate',
    title: 'From a change in the mesh to traffic that follows it',
    about: `Services come, move and go, and somebody edits the gateway's Dataplane, while 200 requests a
second go through the gateway. The daemon looks once a second; the stand-in for the sidecar takes 0.7 s
for a new listener, the least that a real one was seen to take.`,
    figures: [
      { name: 'failed', unit: '', means: 'requests that failed' },
      { name: 'wrong', unit: '', means: 'requests that another service answered' },
      { name: 'medianMs', unit: 'ms', means: 'from the change to traffic that follows it, median' },
      { name: 'p99Ms', unit: 'ms', means: 'the same, 99th percentile' },
      { name: 'addP99Ms', unit: 'ms', means: 'of services that came' },
      { name: 'moveP99Ms', unit: 'ms', means: 'of services that moved' },
      { name: 'removeP99Ms', unit: 'ms', means: 'of services that went' },
      { name: 'requests', unit: '', means: 'requests in all' },
      {
        name: 'loopDelayMs',
        unit: 'ms',
        means: 'longest time that the machine kept the bench from running',
      },
    ],
  },
  {
    bench: 'k8s',
    title: 'A busy Kubernetes cluster',
    about: `5,000 Services in the mesh and 500 changes a minute that matter to the gateway, against a stand-in
for the API server: how long until each is in the plugin's snapshot.`,
    figures: [
      { name: 'p50Ms', unit: 'ms', means: 'from the change to the snapshot, median' },
      { name: 'p99Ms', unit: 'ms', means: 'the same, 99th percentile' },
      { name: 'maxMs', unit: 'ms', means: 'the longest' },
      { name: 'cpuMsPerChange', unit: 'ms', means: 'processor time of the daemon for each' },
      { name: 'rssMB', unit: 'MiB', means: 'resident memory of the daemon at the end' },
      { name: 'peakMB', unit: 'MiB', means: 'its highest, while the first lists come in' },
    ],
  },
  {
    bench: 'page',
    title: 'The status page',
    about: `The page of a gateway with 2,000 services in headless Chromium: medians of seven visits with an
empty cache.`,
    figures: [
      { name: 'firstPaintMs', unit: 'ms', means: 'until the picture is on the screen' },
      { name: 'shellPaintMs', unit: 'ms', means: 'until anything is' },
      { name: 'searchMs', unit: 'ms', means: 'from a key in the search field to the result' },
      { name: 'drawn', unit: '', means: 'ways that are drawn at once' },
      { name: 'statusBytes', unit: 'bytes', means: 'what a visit loads' },
    ],
  },
];

function by(name: string, unit: string, means: string): Figure {
  return { name, unit, means, by: 'services' };
}
