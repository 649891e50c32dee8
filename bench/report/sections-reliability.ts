import type { Section } from './section';

/** Long runs with change in them. */
export const reliabilitySections: readonly Section[] = [
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
