import type { Section } from './sections';

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
    about:
      'Memory, descriptors, timers and connections of the daemon and the plugin server over time.',
    figures: [],
  },
  {
    bench: 'doctor',
    title: 'The doctor',
    about: '`kong-meshd doctor` over a gateway with 2,000 linked services.',
    figures: [],
  },
];
