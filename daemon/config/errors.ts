import { defineErrors } from '../../catalog/error';

export const configErrors = defineErrors({
  CONFIG_MISSING: {
    message: 'There is no configuration file {file}.',
    remedy: 'Write one with `kong-meshd init`, or name yours with --config FILE.',
  },
  CONFIG_NONE: {
    message: 'There is no kong-meshd.yaml here, and nothing else says {what}.',
    remedy: 'Write one with `kong-meshd init`, or name yours with --config FILE.',
  },
  CONFIG_UNREADABLE: {
    message: 'The configuration file {file} cannot be read: {cause}.',
    remedy: 'Check the path and its permissions.',
  },
  CONFIG_ENCODING: {
    message: 'The configuration file {file} holds a byte that is no UTF-8 text.',
    remedy: 'Save the file as UTF-8.',
  },
  CONFIG_SYNTAX: {
    message: 'The configuration is not valid YAML: {cause}.',
    remedy: 'Correct the line; a YAML-aware editor shows it.',
  },
  CONFIG_UNKNOWN_KEY: {
    message: 'Unknown key "{key}"{where}.',
    remedy: '{hint}',
  },
  CONFIG_INVALID: {
    message: '{path}: {cause}.',
    remedy: 'See `kong-meshd init --schema` for what is allowed here.',
  },
  CONFIG_SECRET_IN_CLEAR: {
    severity: 'warning',
    message:
      '{what} goes over the network in clear text: {host} is another machine, by plain http.',
    remedy: 'Use https, or the address of a proxy on this machine that encrypts.',
  },
  CONFIG_ENV_UNKNOWN: {
    message: 'The environment variable {name} names no setting.',
    remedy: '{hint}',
  },
  CONFIG_FLAG_INVALID: {
    message: '--set {text} is not of the form path.to.key=value.',
    remedy: 'Write for example --set kong.target.dbless.url=http://127.0.0.1:8001.',
  },
  CONFIG_ITEM_MISSING: {
    message: '{name} sets item {item} of a list that has {count}.',
    remedy: 'Number the items from 0, without a gap.',
  },
  STDIN_TERMINAL: {
    message: 'The {purpose} is to come from standard input, which is a terminal.',
    remedy: 'Pipe it in, as in `deck file merge *.yml | kong-meshd diff -`, or name a file.',
  },
  STDIN_TWICE: {
    message: 'Standard input cannot be both the {first} and the {purpose}.',
    remedy: 'Give one of them as a file.',
  },
  STDIN_UNREADABLE: {
    message: 'Standard input cannot be read: {cause}.',
    remedy: 'Check the command in front of the pipe.',
  },
  KONG_CONFIG_MISSING: {
    message: 'There is no Kong configuration at {path}.',
    remedy: 'Check kong.config in kong-meshd.yaml, or name the file on the command line.',
  },
  KONG_CONFIG_UNREADABLE: {
    message: 'The Kong configuration {path} cannot be read: {cause}.',
    remedy: 'Check its permissions.',
  },
  KONG_CONFIG_ENCODING: {
    message: 'The Kong configuration {path} holds a byte that is no UTF-8 text.',
    remedy: 'Save the file as UTF-8; until then nothing of this configuration is applied.',
  },
  KONG_CONFIG_EMPTY: {
    message: 'The folder {path} holds no .yml, .yaml or .json file.',
    remedy: 'Put a Kong configuration there, or change kong.config.',
  },
});
