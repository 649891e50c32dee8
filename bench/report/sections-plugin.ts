import type { Section } from './section';

/** The path of a request. */
export const pluginSections: readonly Section[] = [
  {
    bench: 'pdk',
    title: 'A request in the plugin server, by PDK calls',
    about: `Kong asks the plugin server about each request of a route with the plugin, and each PDK call of
the plugin is written to its socket, in one piece where no result is asked for. Here a plugin makes a given number of calls and does
nothing else, in our plugin server and in the stock \`kong-js-pluginserver\`, in turns in one run. Kong's
side is a client in the bench that answers each call at once: Kong's own part, some 20 µs a call, is not
in it. \`mesh-upstream\` makes two calls: the target, then Host.`,
    figures: [
      by('ownCpuMicros', 'µs', 'CPU of our server for one request, ten at a time', 'PDK calls'),
      by('stockCpuMicros', 'µs', 'the same of the stock server', 'PDK calls'),
      by('cpuRatio', '', 'ours by the stock one', 'PDK calls'),
      by('ownP50Micros', 'µs', 'median from the event to its end, one at a time', 'PDK calls'),
      by('stockP50Micros', 'µs', 'the same of the stock server', 'PDK calls'),
      { name: 'ownCallMicros', unit: 'µs', means: "our server's CPU for one call more" },
      { name: 'stockCallMicros', unit: 'µs', means: 'the same of the stock server' },
    ],
    charts: [
      {
        file: 'pdk.svg',
        title: 'CPU of the plugin server for one request',
        alt: 'CPU for one request by the number of PDK calls, our plugin server beside the stock one.',
        x: { label: 'PDK calls of the plugin', scale: 'categories' },
        y: { label: 'µs of CPU', scale: 'linear' },
        series: [
          { figure: 'ownCpuMicros', label: 'kong-meshd plugin-server' },
          { figure: 'stockCpuMicros', label: 'kong-js-pluginserver' },
        ],
      },
    ],
  },
  {
    bench: 'plugin',
    title: 'The plugin server under load and under kill -9',
    about: `\`mesh-upstream\` itself in both servers, then 500,000 requests that end in all three ways a handler
can end. Then 50 rounds of kill -9 under four simulated Kong workers that hold instance ids of the
server that died and whose services have hosts that answer; then 50 times kill -9 and 20 planned restarts
under 16 clients, with a socket that outlives the server.`,
    figures: [
      { name: 'cpuRatio', unit: '', means: 'CPU a request, ours by the stock one, ten at a time' },
      by('cpuRatio', '', 'the same', 'requests at once'),
      by('ownCpuMicros', 'µs', 'CPU of our server for one request', 'requests at once'),
      by('stockCpuMicros', 'µs', 'the same of the stock server', 'requests at once'),
      { name: 'rssMB', unit: 'MiB', means: 'resident memory of our server after the load' },
      { name: 'stockRssMB', unit: 'MiB', means: 'the same of the stock server' },
      {
        name: 'heapGrowthPct',
        unit: '%',
        means: 'growth of the collected heap over 500,000 requests',
      },
      { name: 'wrongTargets', unit: '', means: 'requests that a restart sent to another service' },
      { name: 'roundTrips', unit: '', means: 'waits of Kong for a request, host_header: mesh' },
      { name: 'roundTripsLiteral', unit: '', means: 'the same with a literal Host' },
      { name: 'roundTripsPreserve', unit: '', means: "the same with the client's Host" },
      { name: 'bypassed', unit: '', means: 'requests that went past the mesh' },
      { name: 'killRequests', unit: '', means: 'requests during the 50 rounds of kill -9' },
      { name: 'killFailed', unit: '', means: 'of those, answered with 500: no server ran' },
      { name: 'failedPerKill', unit: '', means: 'failed requests a kill with `--supervise`' },
      {
        name: 'failedPerKillUnsupervised',
        unit: '',
        means: 'the same where the socket alone is held, without `--supervise`',
      },
      { name: 'restartRequests', unit: '', means: 'requests during 20 planned restarts' },
      { name: 'restartFailed', unit: '', means: 'of those, failed' },
    ],
  },
  {
    bench: 'lookup',
    title: 'The look-up, by the size of the catalog',
    about: `What the plugin does in its own process: reading a snapshot, finding a service in it, and
answering one request. A decision is made once for each snapshot and plugin instance; a request then
takes the one that is there.`,
    figures: [
      by(
        'lookupNs',
        'ns',
        'finding a service and deciding: once a snapshot and instance',
        'services',
      ),
      by('requestNs', 'ns', "the plugin's own work on one request", 'services'),
      by('readMs', 'ms', 'CPU to read a new snapshot, in slices between requests', 'services'),
      by('fileKiB', 'KiB', 'the snapshot', 'services'),
      { name: 'growth', unit: '', means: 'the look-up at 50,000 services by that at 100' },
    ],
    charts: [
      {
        file: 'lookup.svg',
        title: 'Look-up and request, by the size of the catalog',
        alt: 'Time of a look-up and of a request in the plugin; both stay level from 100 to 50,000 services.',
        x: { label: 'mesh services', scale: 'log' },
        y: { label: 'ns of CPU', scale: 'log' },
        series: [
          { figure: 'lookupNs', label: 'look-up, once a snapshot' },
          { figure: 'requestNs', label: 'request' },
        ],
      },
    ],
  },
];

function by(
  name: string,
  unit: string,
  means: string,
  what: 'services' | 'PDK calls' | 'requests at once',
): Section['figures'][number] {
  return { name, unit, means, by: what };
}
