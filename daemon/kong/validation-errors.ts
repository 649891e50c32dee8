/** What Kong would refuse, found before anything is sent to it. */
import { defineErrors } from '../../catalog/error';

export const validationErrors = defineErrors({
  KONG_FIELD_TYPE: {
    message: '{field} must be {expected}, not {found}.',
    remedy: 'Correct the value; text that only looks like a number or a boolean wants no quotes.',
  },
  KONG_FIELD_REQUIRED: {
    message: '{field} is required.',
    remedy: 'Add {field}.',
  },
  KONG_FIELD_UNKNOWN: {
    message: 'Kong 3.9 knows no field {field} here and refuses the entity.',
    remedy: 'Remove it{hint}.',
  },
  KONG_FIELD_LATER: {
    message:
      'The open source Kong 3.9 knows no field {field} here and refuses the entity; other versions and editions may know it.',
    remedy: 'Ask the gateway with `kong-meshd validate --online`, or remove the field.',
    severity: 'warning',
  },
  KONG_CHOICE_LATER: {
    message:
      'The open source Kong 3.9 does not take {value} for {field} and refuses the entity; other versions and editions may.',
    remedy: 'Ask the gateway with `kong-meshd validate --online`, or use another value.',
    severity: 'warning',
  },
  KONG_FIELD_RANGE: {
    message: '{field} must be between {min} and {max}.',
    remedy: 'Use a value in that range.',
  },
  KONG_FIELD_CHOICE: {
    message: '{field} must be one of {choices}.',
    remedy: 'Use one of these values{hint}.',
  },
  KONG_NAME_INVALID: {
    message: 'The name {value} holds characters that Kong does not accept in names.',
    remedy: 'Use letters, digits, dots, dashes, underscores and ~ only.',
  },
  KONG_TAG_INVALID: {
    message: 'The tag {value} is empty or holds a comma, a slash or a control character.',
    remedy: 'Use other characters: commas and slashes combine tags in queries.',
  },
  KONG_HOST_INVALID: {
    message: '{field} {value} is not a host: {reason}.',
    remedy: 'Use a host name such as orders.mesh, or an IP address.',
  },
  KONG_UPSTREAM_NAME_INVALID: {
    message: 'The upstream name {value} is not a host name: {reason}.',
    remedy: 'Use a name such as orders.internal, without port; services refer to it by their host.',
  },
  KONG_TARGET_INVALID: {
    message: 'The target {value} is not an address.',
    remedy: 'Use host:port, an IPv4 address with port, or [IPv6]:port.',
  },
  KONG_PATH_INVALID: {
    message: '{field} {value} is not a path: {reason}.',
    remedy: 'Begin paths with /, and regular expressions with ~/.',
  },
  KONG_PATH_DOUBTFUL: {
    message: 'The path {value} is matched as it stands, and looks like a regular expression.',
    remedy: 'Put ~ before it if it is one.',
    severity: 'warning',
  },
  KONG_REGEX_INVALID: {
    message: 'The regular expression {value} cannot be compiled: {reason}.',
    remedy: 'Correct the expression.',
  },
  KONG_REGEX_ENGINE: {
    message:
      'The regular expression {value} uses {feature}, which the default router of Kong refuses.',
    remedy: 'Do without, or set router_flavor = traditional in kong.conf.',
    severity: 'warning',
  },
  KONG_HEADER_NAME: {
    message: '{name} is not the name of a header.',
    remedy: 'Use letters, digits, dashes and underscores.',
  },
  KONG_COOKIE_NAME: {
    message: '{value} is not the name of a cookie.',
    remedy: 'Leave out blanks and separators.',
  },
  KONG_PREFIX_TAKEN: {
    message: 'The prefix {value} is that of a vault which is always there.',
    remedy: 'Use another prefix.',
  },
  KONG_METHOD_INVALID: {
    message: 'The method {value} is not in capital letters.',
    remedy: 'Write it as in GET.',
  },
  KONG_HEADER_HOST: {
    message: 'A route cannot match on the header host.',
    remedy: 'Use hosts instead.',
  },
  KONG_ADDRESS_INVALID: {
    message: '{field} must have an ip (an address or a range such as 10.0.0.0/8) or a port.',
    remedy: 'Correct it.',
  },
  KONG_PROTOCOLS_MIXED: {
    message: 'The protocols {value} cannot be combined in one route.',
    remedy:
      'Make a route for each group: http and https; grpc and grpcs; tcp, tls and udp; tls_passthrough.',
  },
  KONG_MATCHER_MISSING: {
    message: 'A route for {protocols} must have one of {matchers}.',
    remedy: 'Add at least one of them, or the route matches nothing.',
  },
  KONG_FIELD_PROTOCOL: {
    message: '{field} cannot be used with the protocol {protocol}.',
    remedy: 'Remove {field} or change the protocol.',
  },
  KONG_FIELD_DEPENDS: {
    message: '{field} is required when {because}.',
    remedy: 'Add {field}.',
  },
  KONG_FIELD_CONFLICT: {
    message: '{field} cannot be used when {because}.',
    remedy: 'Remove one of the two.',
  },
  KONG_PLUGIN_SCOPE: {
    message: 'The plugin {plugin} cannot be bound to a {scope}.',
    remedy: 'Bind it to a service or a route, or to nothing.',
  },
  KONG_PEM_INVALID: {
    message: '{field} is neither PEM text nor a reference to a vault.',
    remedy: 'Give the text that begins with -----BEGIN, or a reference of the form {vault://…}.',
  },
});
