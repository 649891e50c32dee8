/** What can go wrong between the daemon and what it writes to, and what to do about it. */
import { defineErrors } from '../../catalog/error';

export const targetErrors = defineErrors({
  KONG_UNREACHABLE: {
    message: "Kong's Admin API at {url} cannot be reached: {cause}.",
    remedy:
      'Check that Kong runs, that admin_listen has this address and that nothing between blocks it.',
  },
  KONG_TIMEOUT: {
    message: "Kong's Admin API at {url} did not answer {method} {path} within {timeoutMs} ms.",
    remedy: 'Look at the load of the node; raise the timeout if the configuration is large.',
  },
  KONG_TLS: {
    message: "The TLS connection to Kong's Admin API at {url} was refused: {cause}.",
    remedy:
      'Give the CA that signed its certificate (tls.caFile), and a client certificate where Kong asks for one.',
  },
  KONG_TLS_FILE: {
    message: 'The TLS file {file} cannot be read: {cause}.',
    remedy: 'Check the path and that the daemon may read the file.',
  },
  KONG_TOKEN_FILE: {
    message: "The file {file} with Kong's admin token cannot be used: {cause}.",
    remedy: 'Put the token alone on one line of that file and let the daemon read it.',
  },
  KONG_ADMIN_URL: {
    message: "{url} is no address of Kong's Admin API: {cause}.",
    remedy: 'Write it as http://127.0.0.1:8001.',
  },
  KONG_UNAUTHORISED: {
    message: "Kong's Admin API at {url} refused {method} {path} with {status}.",
    remedy: 'Check the admin token (tokenFile), the client certificate and the headers.',
  },
  KONG_NOT_FOUND: {
    message: "Kong's Admin API at {url} has no {path}.",
    remedy: 'Check that the address is that of the Admin API, not of the proxy or the manager.',
  },
  KONG_REFUSED: {
    message: 'Kong refused {method} {path} with {status}: {reason}.',
    remedy: 'Correct what Kong names.',
  },
  KONG_BUSY: {
    message: 'Kong is busy: {method} {path} was still answered with 429 after {attempts} attempts.',
    remedy: 'Wait, or make passes rarer; the next pass tries again.',
  },
  KONG_FAILED: {
    message: 'Kong answered {method} {path} with {status}: {reason}.',
    remedy: "Look into Kong's error log; the next pass tries again.",
  },
  KONG_REDIRECTED: {
    message: "Kong's Admin API at {url} redirects {path} to {location}, which is not followed.",
    remedy: 'Give the final address, so that tokens go nowhere else.',
  },
  KONG_REPLY_INVALID: {
    message: 'The answer to {method} {path} is not what Kong gives: {cause}.',
    remedy: 'Check that {url} is the Admin API of Kong and nothing answers in its place.',
  },
  KONG_REPLY_TOO_LARGE: {
    message: 'The answer to {method} {path} is larger than {limitBytes} bytes.',
    remedy: 'Raise the limit on the answer (maxResponseBytes) if the configuration is that large.',
  },
  KONG_BODY_TOO_LARGE: {
    message:
      "The configuration is {bytes} bytes as a request, and Kong's Admin API takes {limitBytes}.",
    remedy:
      "Raise nginx_admin_client_max_body_size on Kong and target.maxBodyBytes here, or use Kong's database mode.",
  },
  KONG_NOT_DBLESS: {
    message: 'Kong at {url} runs with a database, so it takes no whole configuration.',
    remedy: 'Use the target admin for it, or start Kong with database=off.',
  },
  KONG_EMPTY_CONFIG: {
    message: 'An empty configuration would take Kong at {url} out of service; it was not pushed.',
    remedy: 'If it is meant, confirm it with --confirm-deletes.',
  },
  KONG_CONFIG_REFUSED: {
    message: 'Kong refuses the configuration without naming an entity: {reason}.',
    remedy: 'Look for this sentence in the files; what was valid last stays live.',
  },
  KONG_CONFIG_NOT_LIVE: {
    severity: 'warning',
    message:
      'Kong took the configuration, but its status does not show it after {waitedMs} ms: {shown}.',
    remedy: 'Check that no other tool pushes to this node; the next pass looks again.',
  },
  KONG_ENTITY_REFUSED: {
    message: 'Kong refuses it: {reason}.',
    remedy: 'Correct it; until then it is left out and the rest is live.',
  },
  KONG_ENTITY_KEPT_BACK: {
    message: 'Kong refuses it: {reason}. Its last valid form stays live.',
    remedy: 'Correct it; until then changes to it have no effect.',
  },
  KONG_KEY_NOT_WRITTEN: {
    message:
      '{key} is not written: a Kong with a database is written entity by entity, and this type is not known here.',
    remedy: 'Remove it from the files, or write it by another tool.',
  },
  KONG_ENTITY_LEFT_OUT: {
    message: 'It is left out with {parent}, which it belongs to.',
    remedy: 'Correct {parent}.',
  },
  KONG_ROUTE_UNGUARDED: {
    message: 'It is not made live without {parent}, which is meant for it and is left out.',
    remedy: 'Correct {parent}; the route goes live together with it.',
  },
  KONG_REFERENCE_MISSING: {
    message: 'Its {field} leads to nothing in this configuration.',
    remedy: 'Add what it refers to, or correct the reference.',
  },
  KONG_TWICE: {
    message: 'It is in the configuration twice: {what} is that of {other} too.',
    remedy: 'Keep one of the two.',
  },
  KONG_NOT_DATABASE: {
    message: 'Kong at {url} runs without a database, so its entities cannot be written one by one.',
    remedy: 'Use the target dbless for it, or start Kong with a database.',
  },
  KONG_NAME_TAKEN: {
    message:
      'On the gateway the name or id of {what} belongs to {holder}, which does not carry {tags}: it is not ours to change.',
    remedy: 'Choose another name or `id`, or tag that one if it is to be taken over.',
  },
  KONG_TYPE_UNKNOWN: {
    message: 'Kong at {url} has no {path}.',
    remedy: "Remove it: this Kong's edition or version does not know such entities.",
  },
  KONG_APPLY_STOPPED: {
    message: '{count} changes were not made, because Kong stopped answering: {cause}',
    remedy: 'The next pass reads what Kong holds and goes on from there.',
  },
  KONG_SELECT_TAGS: {
    message: 'The select tags of the files ({files}) are not those of the target ({target}).',
    remedy:
      'Write the same tags in _info.select_tags and in selectTags of the target, or only in one; restart the daemon to change them.',
  },
  KONG_WORKSPACE_CHANGED: {
    message: 'The files are for the workspace {files} now, and the target works on {target}.',
    remedy: 'Restart the daemon to change the workspace; what is in the old one stays there.',
  },
  TARGET_FILE_UNREADABLE: {
    message: 'The file {file} cannot be read: {cause}.',
    remedy: 'Check the path and the permissions.',
  },
  TARGET_FILE_UNWRITABLE: {
    message: 'The file {file} cannot be written: {cause}.',
    remedy: '{advice} Until then its old content stays.',
  },
  TARGET_FILE_FOREIGN: {
    severity: 'warning',
    message: 'The file {file} in the output folder belongs to no file of the configuration.',
    remedy:
      'Delete it where its source is gone, or move it elsewhere: whoever reads the folder reads it too.',
  },
  TARGET_FILE_INVALID: {
    message: 'What stands at {path} cannot be read as a Kong configuration: {cause}.',
    remedy: 'Repair the file, or remove it to have it written again.',
  },
  TARGET_NEEDS_FOLDER: {
    message: 'The configuration has {count} files, and the target {file} is one file.',
    remedy: 'Give a folder as the path of the target.',
  },
  TARGET_PATH_OUTSIDE: {
    message: 'The file {file} lies outside of the output folder {folder}.',
    remedy: 'Give file names without .. and without links that lead out of the folder.',
  },
  KONG_ID_KEPT: {
    severity: 'warning',
    message:
      'It has the id {kept} at Kong instead of {given}: Kong cannot change an id, and to delete it and make it again would leave requests without it for a moment.',
    remedy:
      'Take the id out of the file, or give {kept}. To have the other id, take the entity out of the files, sync, and put it back.',
  },
  KONG_ENTITY_HANDED_OVER: {
    severity: 'warning',
    message: 'It is not deleted: it has {tags} now, so it was handed over since it was read.',
    remedy: 'Nothing to do if somebody took it over; otherwise give it back its tags.',
  },
  APPLIED_RECORD_UNUSABLE: {
    severity: 'warning',
    message:
      'The record {file} of what kong-meshd applied cannot be used ({cause}): deletions wait for a confirmation.',
    remedy:
      'Check its path and permissions. It is written again; entities that the files no longer name are deleted by `kong-meshd sync --confirm-deletes`.',
  },
  APPLIED_RECORD_UNWRITABLE: {
    severity: 'warning',
    message: 'The record {file} of what kong-meshd applied cannot be written: {cause}.',
    remedy: 'Let the daemon write to that folder: after a restart its own entities look foreign.',
  },
});
