/** What can be wrong with a decK-format file, and what to do about it. */
import { defineErrors } from '../../catalog/error';

export const kongErrors = defineErrors({
  KONG_FILE_SYNTAX: {
    message: 'The file is not valid YAML or JSON: {reason}.',
    remedy: 'Correct the file; until then nothing of this configuration is applied.',
  },
  KONG_FILE_SHAPE: {
    message: 'The file must hold one mapping of keys such as services and routes, not {found}.',
    remedy:
      'Start the file with _format_version: "3.0" and list entities under their plural names.',
  },
  KONG_FILE_LIST: {
    message: '{key} must be a list of entities, not {found}.',
    remedy: 'Write one item per entity, each after a dash.',
  },
  KONG_FILE_ALIASES: {
    message: 'The aliases of the file expand to more than {limit} values.',
    remedy: 'Write the repeated parts out, or put them into _plugin_configs or _info.defaults.',
  },
  KONG_FORMAT_MISSING: {
    message: 'The file has no _format_version; Kong refuses it without.',
    remedy: 'Add _format_version: "3.0" as the first line.',
    severity: 'warning',
  },
  KONG_FORMAT_UNKNOWN: {
    message: '_format_version {version} is not one that Kong knows.',
    remedy: 'Use _format_version: "3.0".',
  },
  KONG_FORMAT_TYPE: {
    message: '_format_version is a number here; Kong and decK want a string.',
    remedy: 'Quote it: _format_version: "3.0".',
    severity: 'warning',
  },
  KONG_FORMAT_OLD: {
    message:
      '_format_version {version} is read as 3.0: {paths} regular expression path(s) of routes got the ~ prefix that Kong 3 wants.',
    remedy: 'Put ~ before regular expression paths and set _format_version: "3.0".',
    severity: 'warning',
  },
  KONG_HEADER_CONFLICT: {
    message: '{key} is set differently in {other}.',
    remedy: 'Keep it in one of the files only, or make both the same.',
  },
  KONG_HEADER_TYPE: {
    message: '{key} must be {expected}.',
    remedy: 'Correct its value or remove it.',
  },
  KONG_FILE_KEY_UNKNOWN: {
    message: '{key} is no key of a Kong configuration; what stands below it is not read.',
    remedy:
      'Correct the spelling{hint} or remove it; until then nothing of this configuration is applied.',
  },
  KONG_FILE_KONNECT: {
    message: 'The file is for a Konnect control plane (_konnect), and the target is {target}.',
    remedy:
      'Remove _konnect if the file is meant for this Kong; nothing of it is applied until then.',
  },
  KONG_FILE_HASHED: {
    message:
      '{key} says that passwords are hashed already, but {target} would hash them once more: nobody could log in.',
    remedy:
      'Give the passwords themselves, best by ${{ env "DECK_…" }}, and remove {key}; a DB-less Kong takes hashes with _transform: false.',
  },
  KONG_FILE_SELECT_TAGS: {
    message:
      'The file is a part of a configuration (select tags {tags}), but a DB-less Kong takes one file as its whole: everything else would be deleted.',
    remedy:
      'Give all parts together and remove _info.select_tags, or use a Kong with a database (kong.target.admin).',
  },
  KONG_FILE_WORKSPACE: {
    message: 'The file is for the workspace {workspace}, and a DB-less Kong has no workspaces.',
    remedy: 'Remove _workspace if the file is meant for this Kong.',
  },
  KONG_WORKSPACE_DIFFERS: {
    message: 'The file names the workspace {workspace}; the configured workspace {used} is used.',
    remedy: 'Make both the same, or remove one of them.',
    severity: 'warning',
  },
  KONG_KIND_UNMANAGED: {
    message:
      'kong-meshd does not manage {key}: a DB-less Kong and a file get them as they stand, a Kong with a database does not get them.',
    remedy: 'Apply {key} with decK or the Admin API where the gateway has a database.',
    severity: 'warning',
  },
  KONG_KEY_FORBIDDEN: {
    message: 'A key named {key} is not accepted anywhere in a configuration.',
    remedy: 'Rename the key.',
  },
  KONG_YAML_AMBIGUOUS: {
    message:
      'This unquoted value is text to Kong, but readers of YAML 1.1 (decK among them) take it for {reading}.',
    remedy: 'Put the value in quotes.',
    severity: 'warning',
  },
  KONG_TEMPLATE_SYNTAX: {
    message: 'The template {template} is not understood: {reason}.',
    remedy:
      'Write ${{ env "DECK_NAME" }}, with toInt, toBool, toFloat or indent after a | if needed.',
  },
  KONG_TEMPLATE_PREFIX: {
    message:
      'The template reads the variable {name}, but only names that start with DECK_ are allowed.',
    remedy: 'Rename the variable to DECK_{name}.',
  },
  KONG_TEMPLATE_UNSET: {
    message: 'The environment variable {name} is not set.',
    remedy: 'Set {name} for this process.',
  },
  KONG_TEMPLATE_VALUE: {
    message: 'The value of the environment variable {name} cannot be read as {type}.',
    remedy: 'Correct the value of {name}, or remove {filter} from the template.',
  },
  KONG_TEMPLATE_KEY: {
    message: 'Templates are resolved in values only, not in the key {key}.',
    remedy: 'Write the key out.',
  },
  KONG_ENTITY_SHAPE: {
    message: '{what} must be {expected}, not {found}.',
    remedy: 'Correct the value, or remove it.',
  },
  KONG_ENTITY_NAMELESS: {
    message: 'A {type} needs {fields}.',
    remedy: 'Add it; without it the entity cannot be told from others.',
  },
  KONG_ID_INVALID: {
    message: 'The id {id} is not a UUID.',
    remedy: 'Remove the id (a stable one is derived from the name) or give a UUID.',
  },
  KONG_URL_INVALID: {
    message: 'The url of the service cannot be split into protocol, host, port and path: {reason}.',
    remedy: 'Write it as http://host:port/path, or use the fields protocol, host, port and path.',
  },
  KONG_URL_DIFFERS: {
    message:
      'The service has a url and a different {fields} beside it: {fields} counts, as in decK; a Kong that loads the file itself takes the url.',
    remedy: 'Remove one of the two.',
    severity: 'warning',
  },
  KONG_REFERENCE_DANGLING: {
    message: '{field} refers to {target}, which is in none of the files.',
    remedy: 'Correct the reference{hint}, or add the entity.',
  },
  KONG_REFERENCE_SHAPE: {
    message: '{field} must name an entity: a string, {name: …} or {id: …}.',
    remedy: 'Correct the reference.',
  },
  KONG_REFERENCE_CONFLICT: {
    message: '{field} names {target}, but the entity is written inside another one.',
    remedy: 'Remove {field}, or move the entity to the top level.',
  },
  KONG_PLUGIN_CONFIG_UNKNOWN: {
    message: '_config names {name}, which _plugin_configs does not define.',
    remedy: 'Correct the name{hint}, or define it under _plugin_configs.',
  },
  KONG_DUPLICATE: {
    message: '{entity} is defined twice: first at {other}.',
    remedy: 'Keep one of the two, or give them different names.',
  },
  KONG_DUPLICATE_VALUE: {
    message: 'The same {field} is already used by {holder}{at}.',
    remedy: 'Use another {field} for one of the two.',
  },
  KONG_RENDER_SECRET: {
    message:
      '{field} cannot be changed in the file: the new value holds parts that come from the environment.',
    remedy: 'Write {field} in parts of its own, with templates only in those that stay.',
  },
  KONG_RENDER_FAILED: {
    message: 'The files were not written: read again, they would not hold {entity} as wanted.',
    remedy: 'Report this with the part of the file that defines {entity}; nothing was changed.',
  },
  KONG_LEFT_OUT: {
    message: 'Left out, because it belongs to {parent}, which is left out.',
    remedy: 'Correct {parent}.',
  },
});
