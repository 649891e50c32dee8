/** What can go wrong between the mesh's descriptions and an observation. */
import { defineErrors } from '../../catalog/error';

export const sourceErrors = defineErrors({
  KUMA_UNREACHABLE: {
    message: 'The control plane at {url} cannot be reached: {cause}.',
    remedy:
      'Check the url of the kuma source, that the control plane runs, and that this host may connect to it.',
  },
  KUMA_TIMEOUT: {
    message: 'The control plane at {url} did not answer {path} within {timeoutMs} ms.',
    remedy: 'Check the load of the control plane, or raise the timeout of the kuma source.',
  },
  KUMA_TLS: {
    message: 'No secure connection to {url}: {cause}.',
    remedy:
      'Set caFile to the CA that signed the control plane certificate, use the host name the certificate is for, and check that https is served at this port.',
  },
  KUMA_UNAUTHORISED: {
    message: 'The control plane at {url} refuses the credentials for {path} (401).',
    remedy:
      'Write a valid user token to the tokenFile of the kuma source; it is read again on each poll.',
  },
  KUMA_FORBIDDEN: {
    message: 'The control plane at {url} denies access to {path} (403): {reason}.',
    remedy: 'Give the user of the token read access to the services and Dataplanes of the mesh.',
  },
  KUMA_MESH_MISSING: {
    message: 'The control plane at {url} has no mesh {mesh}.',
    remedy: 'Create the mesh, or set mesh in kong-meshd.yaml to one that GET /meshes lists.',
  },
  KUMA_VERSION_UNKNOWN: {
    severity: 'warning',
    message:
      'The control plane is of version {version}, which is not known: it is treated as {like}.',
    remedy:
      'Check for a newer kong-meshd; compare kong-meshd diff with what you expect before sync.',
  },
  KUMA_NOT_A_CONTROL_PLANE: {
    message: 'What answers at {url} is not a Kuma or Kong Mesh control plane: {found}.',
    remedy:
      'Point the url of the kuma source at the API server of the control plane (port 5681, or 5682 for https), not at Kong or at its GUI.',
  },
  KUMA_REDIRECT: {
    message: 'The control plane at {url} redirects {path} ({status}), which is not followed.',
    remedy: 'Set the url of the kuma source to the place the redirect leads to.',
  },
  KUMA_STATUS: {
    message: 'The control plane at {url} answers {path} with {status}: {reason}.',
    remedy: 'Look at the logs of the control plane; the poll is repeated.',
  },
  KUMA_BUSY: {
    message: 'The control plane at {url} answers {path} with {status} and asks to be left alone.',
    remedy: 'Nothing, if it is for once: it is asked again when the time it gave is over.',
  },
  KUMA_CONTENT_TYPE: {
    message: 'The control plane at {url} answers {path} with {found} instead of JSON.',
    remedy: 'Check whether a proxy or a login page stands before the control plane.',
  },
  KUMA_INVALID_JSON: {
    message: 'The answer of {url} to {path} is not valid JSON: {cause}.',
    remedy: 'Check whether a proxy cuts or changes answers of the control plane.',
  },
  KUMA_TRUNCATED: {
    message: 'The answer of {url} to {path} ended early: {cause}.',
    remedy: 'Check the network and proxies before the control plane; the poll is repeated.',
  },
  KUMA_TOO_LARGE: {
    message: 'The answer of {url} to {path} is larger than {maxBytes} bytes.',
    remedy: 'Check that the url leads to a control plane: pages of 1000 resources are far smaller.',
  },
  KUMA_UNEXPECTED: {
    message: 'The answer of {url} to {path} is not what a control plane answers: {cause}.',
    remedy: 'Check the version of the control plane: 2.6 and later are supported.',
  },
  KUMA_UNSTABLE: {
    message: 'The list {path} at {url} changed during each of {attempts} walks over its pages.',
    remedy: 'Nothing, if services are being rolled out: the poll is repeated.',
  },
  KUMA_TOKEN_UNREADABLE: {
    message: 'The token file {file} of the kuma source cannot be used: {cause}.',
    remedy: 'Make the file readable for the daemon, with one token on one line in it.',
  },
  KUMA_CA_UNREADABLE: {
    message: 'The CA file {file} of the kuma source cannot be used: {cause}.',
    remedy: 'Make the file readable for the daemon, with PEM certificates in it.',
  },
  MESH_RESOURCE_INVALID: {
    severity: 'warning',
    message: 'It is left out, because it does not fit: {field}: {cause}.',
    remedy: 'Correct the resource, or report this if the control plane accepts it as it is.',
  },
  MESH_RESOURCE_KEPT: {
    severity: 'warning',
    message: 'Its last good form stays in use, because it does not fit: {field}: {cause}.',
    remedy: 'Correct the resource, or report this if the control plane accepts it as it is.',
  },
  MESH_HOSTNAME_INVALID: {
    severity: 'warning',
    message:
      'The host name {hostname} that was generated for it is no valid host name and is left out; its other addresses stay in use.',
    remedy: 'Correct the template of the HostnameGenerator, or a label that it uses.',
  },
  MESH_RESOURCE_DUPLICATE: {
    severity: 'warning',
    message: 'It is described twice; the later description is left out.',
    remedy: 'Remove one of the two descriptions.',
  },
  MESH_FILE_UNREADABLE: {
    message: '{file} cannot be read: {cause}.',
    remedy: 'Check the path of the file source and its permissions.',
  },
  MESH_FILE_SYNTAX: {
    message: 'Not valid YAML or JSON: {cause}.',
    remedy: 'Correct the file at this place.',
  },
  MESH_FILE_NOT_A_RESOURCE: {
    message: 'This is not a mesh resource: {cause}.',
    remedy:
      'Use the form that kumactl get -o yaml prints: type, mesh, name and spec or networking.',
  },
  LAST_GOOD_UNUSABLE: {
    severity: 'warning',
    message: 'The last good observation in {file} is not used: {cause}.',
    remedy: 'Nothing: it is written again after the next successful look at the mesh.',
  },
  LAST_GOOD_UNWRITABLE: {
    severity: 'warning',
    message: 'The last good observation cannot be kept in {file}: {cause}.',
    remedy:
      'Make the folder writable for the daemon; without it a restart during an outage starts empty.',
  },
  SOURCE_FAILED: {
    message: 'The source {source} failed unexpectedly: {cause}.',
    remedy: 'Please report this with the log of the daemon.',
  },
  MESH_MISMATCH: {
    message: 'The sources describe different meshes: {meshes}.',
    remedy: 'Merge only sources of one mesh.',
  },
});
