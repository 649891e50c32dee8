import { defineErrors } from '../../catalog/error';

export const cliErrors = defineErrors({
  DEMO_MISSING: {
    message: 'The demo is not part of this installation: there is no {script}.',
    remedy: 'Run it from a clone of the project: `npm ci && npm run demo`.',
  },
  INIT_EXISTS: {
    message: 'There is a {file} already.',
    remedy: 'Name another file with --output, or let it be replaced with --force.',
  },
  INIT_UNWRITABLE: {
    message: 'The file {file} cannot be written: {cause}.',
    remedy: 'Check that the folder exists and may be written to.',
  },
  EXPLAIN_UNKNOWN: {
    message: 'The Kong configuration has no route or service called "{name}".',
    remedy: '{hint}',
  },
  EXPLAIN_URL: {
    message: '"{url}" is no request: a URL with http or https, or a path that begins with a slash.',
    remedy:
      'Write `kong-meshd explain GET https://api.example.com/orders -H "X-Version: 2"`; a header is Name: value.',
  },
  RENDER_UNWRITABLE: {
    message: 'The output {file} cannot be written: {cause}.',
    remedy: 'Check that the folder exists and may be written to.',
  },
  RENAME_NEEDS_NAMES: {
    message: 'The configuration does not say which Dataplane to rename, to what, and where.',
    remedy: 'Set gateway.dataplane and gateway.service, and a kuma source.',
  },
  RENDER_SECRETS: {
    message: 'The configuration holds values from the environment, which are not printed.',
    remedy: 'Write it to a file with --output, or print it all the same with --show-secrets.',
  },
  NO_KONG_CONFIG: {
    message: 'No Kong configuration is named.',
    remedy: 'Set kong.config in kong-meshd.yaml, or name a file on the command line.',
  },
});
