import { defineErrors } from '../../catalog/error';

export const cliErrors = defineErrors({
  CHECK_ROUTE: {
    message: 'There is no route {name}.',
    remedy:
      'Name a route of the Kong configuration or of the cluster ({near}), or a path such as /orders.',
  },
  CHECK_PROXY: {
    message: '{url} is no URL of a proxy.',
    remedy: 'Write it as http://127.0.0.1:8000.',
  },
  CHECK_TIMEOUT: {
    message: '"{timeout}" is no timeout.',
    remedy: 'Write whole milliseconds, from 1 to {max}.',
  },
  CHECK_HEADER: {
    message: '"{text}" is no header.',
    remedy: "Write it as 'Name: value'.",
  },
  MESH_VERSION: {
    message: '"{text}" is no version of Kuma or Kong Mesh.',
    remedy: 'Write it as 2.14 or 3.0.1.',
  },
  MESH_VERSION_ASSUMED: {
    severity: 'warning',
    message:
      'No cluster was asked for the version of the mesh, so this is for 2.x: 3.x would ignore the annotation kuma.io/gateway and take the connections of clients for itself.',
    remedy: 'Give --mesh-version 3 for 3.x, or --kubeconfig to ask the cluster.',
  },
  MESH_VERSION_UNKNOWN: {
    message:
      'The cluster does not say which version of the mesh it has: there is no Deployment kuma-control-plane in namespace {namespace}, and no Dataplane.',
    remedy: 'Give --mesh-version, or name the namespace with --system-namespace.',
  },
  GATEWAY_PORTS: {
    message: '"{text}" is no list of ports.',
    remedy: 'Write it as 8000,8443.',
  },
  GATEWAY_PORTS_ASSUMED: {
    severity: 'warning',
    message: "Nothing says on which ports Kong listens; {ports} are Kong's own defaults.",
    remedy: "Give --ports, or --kong-addr to ask Kong's Admin API.",
  },
  GATEWAY_SERVICES_UNKNOWN: {
    severity: 'warning',
    message:
      "Kong's own Services are not known, so none is printed: without kuma.io/ignore the mesh offers Kong as a destination.",
    remedy:
      'Name them with --kong-services, or run kubectl annotate service NAME -n {namespace} kuma.io/ignore=true.',
  },
  NO_DESTINATIONS: {
    message: 'The gateway calls no mesh service: no link and no route leads to one.',
    remedy:
      'Link a route or a Kong service first, or correct gateway.classes of the kubernetes source.',
  },
  NO_GATEWAY_IDENTITY: {
    message: 'No Dataplane stands for the gateway, so it is not known by what it goes in the mesh.',
    remedy: 'Set gateway.dataplane or gateway.service, or give --spiffe-id.',
  },
  DEMO_MISSING: {
    message: 'The demo is not part of this installation: there is no {script}.',
    remedy: 'Run it from a clone of the project: `npm ci && npm run demo`.',
  },
  INIT_EXISTS: {
    message: 'There is a {file} already.',
    remedy: 'Name another file with --output, or let it be replaced with --force.',
  },
  INIT_INVALID: {
    message: 'No configuration can be made of this: {cause}',
    remedy: 'Correct the flag; `kong-meshd init --help` lists them.',
  },
  INIT_STOPPED: {
    message: 'Nothing was written: the questions were not answered to their end.',
    remedy: 'Run it again, or give flags; --yes takes the defaults for the rest.',
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
    remedy: 'Set gateway.dataplane, gateway.service or gateway.workload, and a kuma source.',
  },
  MIGRATE_NEEDS_TO: {
    message: 'It is not said which version to go to.',
    remedy: 'Write kong-meshd migrate --to 3, with --check to see what stands in the way first.',
  },
  RENDER_SECRETS: {
    message: 'The configuration holds values from the environment, which are not printed.',
    remedy: 'Write it to a file with --output, or print it all the same with --show-secrets.',
  },
  PLAN_UNWRITABLE: {
    message: 'The plan {file} cannot be written: {cause}.',
    remedy: 'Check that the folder exists and may be written to.',
  },
  PLAN_UNREADABLE: {
    message: 'The plan {file} cannot be read: {cause}.',
    remedy: 'Write one with `kong-meshd diff --plan-out plan.json`.',
  },
  PLAN_INVALID: {
    message: '{file} is no plan of the form {format}.',
    remedy: 'Write one with `kong-meshd diff --plan-out plan.json`, with the same version.',
  },
  PLAN_OTHER_MESH: {
    message: 'The plan is for the mesh {planned}, and the configuration for {mesh}.',
    remedy: 'Give `sync --plan` the configuration that `diff --plan-out` had.',
  },
  PLAN_MOVED: {
    message: 'The plan does not hold any more: {what} would be others now.',
    remedy:
      'Look at `kong-meshd diff` again, and make a new plan with --plan-out. Outbounds that were added before this was seen stay, and change no request.',
  },
  NO_KONG_CONFIG: {
    message: 'No Kong configuration is named.',
    remedy: 'Set kong.config in kong-meshd.yaml, or name a file on the command line.',
  },
  NO_GATEWAY: {
    message: 'No gateway is named: {cause}.',
    remedy:
      'Set kong.target in kong-meshd.yaml, or give --kong-addr (a Kong with a database) or --kong-url (one without).',
  },
  TOKEN_ON_COMMAND_LINE: {
    message:
      'An admin token on the command line is not taken: every user of the machine, the history of the shell and the log of a pipeline can read it there.',
    remedy:
      'Put it into the variable DECK_KONG_ADMIN_TOKEN, or into a file and give --kong-admin-token-file.',
  },
  HEADER_INVALID: {
    message: 'A value of --headers is no header.',
    remedy: 'Write it as name:value.',
  },
  DUMP_INCOMPLETE: {
    message:
      'Its {field} leads to {to}, which does not carry the select tags: a file without it would delete it at the next sync.',
    remedy: 'Give what it refers to the tags too, or take the tags off this one.',
  },
  DUMP_PASSWORD_HASHED: {
    severity: 'warning',
    message:
      'Kong gives only the hash of a basic-auth password, and hashes what it is given: the dump fits this gateway, and on another one the user could not log in.',
    remedy: 'Before you restore it elsewhere, put the passwords themselves into the file.',
  },
  DUMP_EXISTS: {
    message: 'There is a {file} already.',
    remedy: 'Name another file with --output, or let it be replaced with --yes.',
  },
  DUMP_UNWRITABLE: {
    message: 'The dump {file} cannot be written: {cause}.',
    remedy: 'Check that the folder exists and may be written to.',
  },
  DUMP_SECRETS: {
    message: 'The gateway holds secrets ({examples}), which are not printed.',
    remedy: 'Write it to a file with --output, or print it all the same with --show-secrets.',
  },
  RESET_WHOLE_GATEWAY: {
    message: 'Without select tags everything on the gateway would go, whoever made it.',
    remedy:
      'Name what is yours with --select-tag, selectTags of the target or _info.select_tags, or give --all if the whole gateway is meant.',
  },
  RESET_NOT_READY: {
    message:
      'Nothing would be left, and a Kong without a database that holds nothing is not ready: it gets no more traffic.',
    remedy: 'If that is meant, give --yes.',
  },
  RESET_NOT_CONFIRMED: {
    message: 'Nothing was deleted: nobody has confirmed it.',
    remedy: 'Answer with y, or give --yes where nobody can be asked.',
  },
  RESET_STILL_NEEDED: {
    message: 'It stays: {dependant}, which is not ours, depends on it and would go with it.',
    remedy: 'Delete or move that one first, or give it the select tags if it is yours.',
  },
  SELECT_TAG_WHOLE: {
    message:
      'Select tags mean a part of the gateway, and this target takes only a whole configuration.',
    remedy: 'Leave --select-tag out, or use a target admin.',
  },
  KONG_SCHEMA_REFUSED: {
    message: 'Kong would refuse {what}: {reason}.',
    remedy: 'Correct it as Kong says.',
  },
});
