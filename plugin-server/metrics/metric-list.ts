/**
 * Every metric of the plugin server, declared once: the exposition, the reference page and the check of
 * dashboard and alert rules all come from this list.
 */
export interface MetricSpec {
  readonly type: 'counter' | 'gauge';
  /** One sentence. */
  readonly help: string;
  readonly labels: readonly string[];
}

export const metricList = {
  kong_meshd_plugin_server_events_total: {
    type: 'counter',
    help: 'Requests that Kong asked the plugin about.',
    labels: [],
  },
  kong_meshd_plugin_server_events_running: {
    type: 'gauge',
    help: 'Requests that the plugin is at work on now.',
    labels: [],
  },
  kong_meshd_plugin_server_event_failures_total: {
    type: 'counter',
    help: 'Requests whose handler failed, was slow (no answer in time) or was abandoned (by Kong, or with its connection).',
    labels: ['cause'],
  },
  kong_meshd_plugin_server_decisions_total: {
    type: 'counter',
    help: 'What became of requests: sent, fallback, passthrough or rejected; and for all but sent the reason.',
    labels: ['result', 'reason'],
  },
  kong_meshd_plugin_server_chosen_total: {
    type: 'counter',
    help: 'Requests by the mesh service that they went to, as the config names it; result tells sent from fallback.',
    labels: ['service', 'result'],
  },
  kong_meshd_plugin_server_lookup_misses_total: {
    type: 'counter',
    help: 'Requests whose service, port or address the snapshot does not have, whatever became of them, by reason.',
    labels: ['reason'],
  },
  kong_meshd_plugin_server_pdk_calls_total: {
    type: 'counter',
    help: "Calls of Kong's plugin development kit. They are written together; only one whose result is asked for is a round trip to Kong.",
    labels: [],
  },
  kong_meshd_plugin_server_refused_calls_total: {
    type: 'counter',
    help: 'Events of an unknown instance and instances that could not be started: after a restart one event for each worker and config is in order.',
    labels: [],
  },
  kong_meshd_plugin_server_bad_connections_total: {
    type: 'counter',
    help: "Connections that were closed because what came was not Kong's protocol.",
    labels: [],
  },
  kong_meshd_plugin_server_connections: {
    type: 'gauge',
    help: 'Open connections of Kong.',
    labels: [],
  },
  kong_meshd_plugin_server_instances: {
    type: 'gauge',
    help: 'Plugin instances: one for each worker of Kong and config.',
    labels: [],
  },
  kong_meshd_plugin_server_instances_started_total: {
    type: 'counter',
    help: 'Plugin instances that were started: at the first request after a change of config.',
    labels: [],
  },
  kong_meshd_plugin_server_snapshot_info: {
    type: 'gauge',
    help: '1, with the hash of the snapshot in use: equal to that of kong_meshd_snapshot_info where the server is in step.',
    labels: ['file', 'hash'],
  },
  kong_meshd_plugin_server_snapshot_services: {
    type: 'gauge',
    help: 'Mesh services in the snapshot in use.',
    labels: ['file'],
  },
  kong_meshd_plugin_server_snapshot_age_seconds: {
    type: 'gauge',
    help: 'Time since the file was last seen to hold the snapshot in use, or since it was first asked for.',
    labels: ['file'],
  },
  kong_meshd_plugin_server_build_info: {
    type: 'gauge',
    help: '1, with the version of the plugin and of Node.js.',
    labels: ['version', 'node'],
  },
  process_cpu_seconds_total: {
    type: 'counter',
    help: 'CPU time that the process used.',
    labels: [],
  },
  process_resident_memory_bytes: {
    type: 'gauge',
    help: 'Memory that the process holds.',
    labels: [],
  },
  process_start_time_seconds: {
    type: 'gauge',
    help: 'When the process started.',
    labels: [],
  },
} as const satisfies Readonly<Record<string, MetricSpec>>;

export type MetricName = keyof typeof metricList;
