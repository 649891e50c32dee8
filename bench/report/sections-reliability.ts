import type { Section } from './section';

/** Long runs with change in them. */
export const reliabilitySections: readonly Section[] = [
  {
    bench: 'split',
    title: 'Requests shared by weight',
    about: `Two mesh services share the requests of a route, once by the plugin and once by targets of a Kong
upstream: 100,000 requests to each at 90 to 10, then 200 a second while the weights move from 100/0 to 0/100
in 20 steps.`,
    figures: [
      { name: 'errorPct', unit: '%', means: 'how far the smaller share is off, the worse form' },
      { name: 'requests', unit: '', means: 'requests that were sent' },
      { name: 'failed', unit: '', means: 'requests that failed' },
      { name: 'wrong', unit: '', means: 'requests that a third service answered' },
    ],
  },
  {
    bench: 'failover',
    title: 'All endpoints of a service die',
    about: `200 requests a second to a service with a fallback, whose only endpoint is killed and leaves the
mesh, ten times over.`,
    figures: [
      { name: 'firstGoodMs', unit: 'ms', means: 'until the fallback answers, the longest time' },
      { name: 'boundMs', unit: 'ms', means: 'what that is held against' },
      { name: 'failedAfter', unit: '', means: 'requests that failed after it' },
    ],
  },
  {
    bench: 'churn',
    title: 'Load while everything changes',
    about: `500 requests a second while services come, move, go and change their names five times a second,
and the plugin server, Kong and the control plane are restarted in turn. Freed ports and addresses go to
other services at once, so that what is stale would reach somebody else.`,
    figures: [
      { name: 'answered', unit: '', means: 'requests that the right service answered' },
      {
        name: 'failed',
        unit: '',
        means: 'requests that failed where a working address existed throughout',
      },
      { name: 'wrong', unit: '', means: 'requests that another service answered' },
      { name: 'p50CalmMs', unit: 'ms', means: 'latency without changes, median' },
      { name: 'p99CalmMs', unit: 'ms', means: 'the same, 99th percentile' },
      { name: 'p50ChurnMs', unit: 'ms', means: 'latency with them, median' },
      { name: 'p99ChurnMs', unit: 'ms', means: 'the same, 99th percentile' },
      {
        name: 'followP99Ms',
        unit: 'ms',
        means: 'until the gateway answers for a service that came',
      },
    ],
  },
  {
    bench: 'cutover',
    title: 'From Kuma 2.x to 3.x',
    about: `200 requests a second by plugin and by tag links while the gateway goes from 2.14 to 3.x by the stages
of kong-meshd migrate and back, with a kill -9 of the daemon and the plugin server at each stage. Then the
version flips fifty times; then sync adds links at refresh intervals of 1 and 10 s.`,
    figures: [
      { name: 'failed', unit: '', means: 'requests that no service answered' },
      { name: 'wrong', unit: '', means: 'requests that another service answered' },
      { name: 'bypassed', unit: '', means: 'requests that went past the mesh' },
      { name: 'stormWrong', unit: '', means: 'the last two while the version flips' },
      { name: 'stormOutboundsLost', unit: '', means: 'outbounds that were gone after it' },
      { name: 'earlyExits', unit: '', means: 'syncs that ended well before Kong answered' },
    ],
  },
  {
    bench: 'soak',
    title: 'A long run',
    about: `Both programs under a hundred requests a second and a change every two seconds, with Kong and the
control plane restarted in turn every minute. The heap after forced collection, every 15 s; the slope is that
of a line through the last two thirds, and within two standard errors of zero it is none.`,
    figures: [
      { name: 'minutes', unit: 'min', means: 'how long it ran' },
      { name: 'daemonHeapMBPerHour', unit: 'MB/h', means: 'slope of the heap of the daemon' },
      { name: 'daemonHeapErrorMBPerHour', unit: 'MB/h', means: 'its standard error' },
      {
        name: 'pluginServerHeapMBPerHour',
        unit: 'MB/h',
        means: 'slope of the heap of the plugin server',
      },
      { name: 'pluginServerHeapErrorMBPerHour', unit: 'MB/h', means: 'its standard error' },
      { name: 'daemonRssMB', unit: 'MB', means: 'resident memory of the daemon, median' },
      { name: 'pluginServerRssMB', unit: 'MB', means: 'of the plugin server' },
      {
        name: 'daemonDescriptors',
        unit: '',
        means: 'open descriptors of the daemon at the end',
      },
      { name: 'daemonTimers', unit: '', means: 'its timers at the end' },
      { name: 'requests', unit: '', means: 'requests that were sent' },
      { name: 'failed', unit: '', means: 'requests that failed, as in the section above' },
      { name: 'wrong', unit: '', means: 'requests that another service answered' },
    ],
  },
  {
    bench: 'doctor',
    title: 'The doctor',
    about: '`kong-meshd doctor` over a gateway with 2,000 linked services.',
    figures: [
      { name: 'doctorS', unit: 's', means: 'until the answer is printed' },
      { name: 'doctorCpuS', unit: 's', means: 'processor time of it' },
      { name: 'doctorRssMiB', unit: 'MiB', means: 'memory at its highest' },
      { name: 'meshLists', unit: '', means: 'lists asked of the control plane' },
      { name: 'mostPerKind', unit: '', means: 'the most often that one of them was asked for' },
    ],
  },
];
