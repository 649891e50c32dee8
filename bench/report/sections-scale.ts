import type { Section } from './section';

type Figure = Section['figures'][number];

export const scaleSection: Section = {
  bench: 'scale',
  title: 'A thousand gateways, a hundred zones, fifty thousand services',
  about: `By simulation: the daemon's real loop, a thousand times in virtual time, with the requests that its
real source makes; catalogs as large as they get are built and written. What only the real programs can
tell is taken from measurements of them: a page of 1,000 MeshServices takes Kuma 2.14.3 some 74 ms and
weighs 1.6 MB, and Kong 3.9.1 reloads 5,000 services and routes in 3 s.

**Polling.** A control plane has no watch and no version of a list, so an unchanged list is sent again
whole. The daemon recognizes it by its digest: it parses, compares and plans nothing, and no target
hears of it; but the bytes travel. Every wait has some chance in it. \`Exact\` shows what that is for: daemons
that one rollout started together would ask in the same tenth of a second for as long as they live.

**Zones.** A daemon asks the control plane of its own zone, so the load of a control plane follows the
gateways of its zone and the services of the whole mesh. 1,000 gateways in 100 zones are ten at each.

**Services.** With 50,000 of them a look takes longer than a second, so a daemon is always looking, and ten
of them keep ten requests open. Set \`sources[].kuma.interval\` there: \`slowZoneMibPerS\` is what ten
gateways are sent with 60 s. A thousand gateways at one control plane of that size do not work out
even so (\`slowMibPerS\`): use zones, or the hybrid mode of Kong.

**Kong.** A Kong without a database takes its configuration whole: at 5,000 services a change costs seconds,
and at 50,000 the document is near the 10 MB that Kong accepts. Routes with the plugin change their
address without any reload. Where the configuration itself follows the mesh, use Kong with a database,
or the hybrid mode of Kong: one daemon writes to one control plane node and Kong brings it to a thousand
data planes, so that \`mibPerS1\` is the polling load for all of them. Nodes that use the plugin still
need a snapshot: a small daemon beside each, with no Kong target and a longer interval.`,
  figures: [
    by('meanRps', '1/s', 'requests at one control plane, on average', 'gateways'),
    by('peakRps', '1/s', 'in the busiest tenth of a second', 'gateways'),
    by('peakToMean', '', 'the one by the other', 'gateways'),
    by('peakExactRps', '1/s', 'in the busiest tenth of a second, without chance', 'gateways'),
    by('peakToMeanExact', '', 'by the mean, without chance', 'gateways'),
    by('mibPerS', 'MiB/s', 'what they are sent, with 1,000 services', 'gateways'),
    by('lookRequests', '', 'requests of one look'),
    by('lookMiB', 'MiB', 'what one look is sent'),
    by('periodS', 's', 'from one look to the next, with an interval of 1 s'),
    by('zoneMibPerS', 'MiB/s', 'sent to ten gateways of a zone'),
    by('zoneInFlight', '', 'requests of theirs that are worked on at once'),
    by('allMibPerS', 'MiB/s', 'sent to 1,000 gateways at one control plane'),
    by('slowZoneMibPerS', 'MiB/s', 'sent to ten gateways of a zone, with an interval of 60 s'),
    by('slowMibPerS', 'MiB/s', 'sent to 1,000 at one control plane, with an interval of 60 s'),
    by('snapshotMiB', 'MiB', 'the snapshot'),
    by('snapshotCpuMs', 'ms', 'CPU to build it from what was observed, and to write it'),
    by('reloadMs', 'ms', 'a reload of Kong without a database; above 5,000 extrapolated'),
    by('reloadPct', '%', 'of its time, where a change reaches it every ten seconds'),
  ],
  charts: [
    {
      file: 'polling.svg',
      title: 'Requests in the busiest tenth of a second',
      alt: 'Peak request rate at one control plane by the number of gateways, with and without chance in the waits.',
      x: { label: 'gateways at one control plane', scale: 'log' },
      y: { label: 'requests per second', scale: 'log' },
      series: [
        { figure: 'peakExactRps', label: 'peak, exact waits' },
        { figure: 'peakRps', label: 'peak' },
        { figure: 'meanRps', label: 'mean' },
      ],
    },
  ],
};

function by(
  name: string,
  unit: string,
  means: string,
  what: 'services' | 'gateways' = 'services',
): Figure {
  return { name, unit, means, by: what };
}
