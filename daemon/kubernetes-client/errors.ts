/** What can go wrong between here and a Kubernetes API server. */
import { defineErrors } from '../../catalog/error';

export const kubernetesClientErrors = defineErrors({
  K8S_UNREACHABLE: {
    message: 'The Kubernetes API server at {url} cannot be reached: {cause}.',
    remedy:
      'Check the server in the kubeconfig or the url of the kubernetes source, and that this host may connect to it.',
  },
  K8S_TIMEOUT: {
    message: 'The Kubernetes API server at {url} did not answer {path} within {timeoutMs} ms.',
    remedy: 'Check the load of the API server, or raise the timeout of the kubernetes source.',
  },
  K8S_SILENT: {
    message:
      'The watch of {path} at {url} was silent for {idleMs} ms, though bookmarks come every minute.',
    remedy:
      'Nothing, if the API server is being restarted: the watch is opened again. Else check proxies in between that keep dead connections.',
  },
  K8S_TLS: {
    message: 'No secure connection to {url}: {cause}.',
    remedy:
      'Use the CA that signed the certificate of the API server (certificate-authority in the kubeconfig, or caFile), and a host name that the certificate is for.',
  },
  K8S_UNAUTHORISED: {
    message: 'The Kubernetes API server at {url} refuses the credentials (401).',
    remedy:
      'Check that the token or client certificate is valid and for this cluster; token files are read again with each request.',
  },
  K8S_FORBIDDEN: {
    message: 'The role may not {verb} {resource} {scope}: {reason}.',
    remedy:
      'Add the verb "{verb}" on resource "{plural}" of API group "{group}" to the role; kong-meshd manifests install prints all that is needed.',
  },
  K8S_NOT_FOUND: {
    message: 'The Kubernetes API server at {url} has no {path}.',
    remedy: 'Check that the API group is installed in the version that is asked for.',
  },
  K8S_EXPIRED: {
    message: 'The version that {path} was watched from is too old: {reason}.',
    remedy: 'Nothing: everything is listed again.',
  },
  K8S_CONFLICT: {
    message: '{path} was changed by somebody else meanwhile.',
    remedy: 'Nothing: it is read and written again.',
  },
  K8S_STATUS: {
    message: 'The Kubernetes API server at {url} answers {path} with {status}: {reason}.',
    remedy: 'Look at the logs of the API server; the request is repeated.',
  },
  K8S_UNEXPECTED: {
    message: 'The answer of {url} to {path} is not what a Kubernetes API server answers: {cause}.',
    remedy: 'Check whether a proxy or a login page stands before the API server.',
  },
  K8S_TRUNCATED: {
    message: 'The answer of {url} to {path} ended early: {cause}.',
    remedy: 'Check the network and proxies before the API server; the request is repeated.',
  },
  K8S_FILE_UNREADABLE: {
    message: 'The file {file} ({what}) cannot be used: {cause}.',
    remedy: 'Make the file readable for the daemon, and check that it holds what it should.',
  },
  K8S_KUBECONFIG: {
    message: 'The kubeconfig {file} cannot be used: {cause}.',
    remedy:
      'Correct the file, or name another one or another context in the kubernetes source; kubectl --kubeconfig {file} version should work.',
  },
  K8S_NOT_IN_CLUSTER: {
    message:
      'There is no way to a cluster: this is no Pod with a service account, and no kubeconfig is named.',
    remedy: 'Set kubeconfig in the kubernetes source, or run the daemon in the cluster.',
  },
  K8S_CLIENT_MISSING: {
    message:
      'The kubeconfig {file} gets its credentials by {method}, which needs the package @kubernetes/client-node: {cause}.',
    remedy:
      'Install it beside kong-meshd (npm install @kubernetes/client-node@1.4), or use a token or a client certificate.',
  },
});
