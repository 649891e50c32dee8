/** What is odd about a gateway on Kubernetes: none of it stops a pass. */
import { defineErrors } from '../../catalog/error';

export const kubernetesErrors = defineErrors({
  K8S_GATEWAY_POD_MISSING: {
    severity: 'warning',
    message: 'No Pod in namespace {namespace} is a gateway of the mesh ({selector}).',
    remedy:
      'Annotate the Pod template of Kong with kuma.io/gateway: enabled (kong-meshd manifests gateway prints the patch), or correct gateway.namespace and gateway.selector of the kubernetes source.',
  },
  K8S_GATEWAY_NOT_ANNOTATED: {
    severity: 'warning',
    message:
      'The Pod has a sidecar but no annotation kuma.io/gateway: its incoming traffic is taken by the sidecar too, as that of a plain workload.',
    remedy:
      'Annotate the Pod template with kuma.io/gateway: enabled; kong-meshd manifests gateway prints the patch.',
  },
  K8S_GATEWAY_ANNOTATION: {
    severity: 'warning',
    message:
      'The annotation kuma.io/gateway is "{value}", of which the control plane makes no delegated gateway: {cause}.',
    remedy: 'Set the annotation kuma.io/gateway on the Pod template to "enabled".',
  },
  K8S_GATEWAY_UNSELECTED: {
    severity: 'warning',
    message:
      'Nothing says which Pods in namespace {namespace} are the gateway: from Kuma 3.0 on no annotation marks it.',
    remedy:
      "Name the labels of Kong's Pods in gateway.selector of the kubernetes source, or set gateway.labels or gateway.workload in kong-meshd.yaml.",
  },
  K8S_GATEWAY_NOT_EXCLUDED: {
    severity: 'warning',
    message:
      'The sidecar takes the connections of clients to port {ports} of the Pod for itself, and the mesh denies them: the port is not excluded from interception.',
    remedy:
      'Set traffic.kuma.io/exclude-inbound-ports: "{wanted}" on the Pod template, which kong-meshd manifests gateway --mesh-version 3 prints; the Pods must be recreated.',
  },
  K8S_GATEWAY_MARK_LEFT: {
    severity: 'warning',
    message:
      'The Pod still has the annotation kuma.io/gateway: "{value}", which Kuma ignores from 3.0 on: it makes no gateway.',
    remedy:
      'Once its ports are excluded, remove it from the Pod template: kubectl patch deployment {workload} -n {namespace} --type json -p \'[{"op":"remove","path":"/spec/template/metadata/annotations/kuma.io~1gateway"}]\'.',
  },
  K8S_GATEWAY_POD_OLDER: {
    severity: 'warning',
    message:
      "The Pod's sidecar was injected by Kuma 2.x, and the control plane is 3.x: what the Pod template says now was not read.",
    remedy: 'Recreate the Pods: kubectl rollout restart deployment {workload} -n {namespace}.',
  },
  K8S_GATEWAY_SERVICE_IN_MESH: {
    severity: 'warning',
    message:
      "The Service selects the gateway's Pods and is not ignored: the mesh offers Kong as a destination, and gives its sidecar inbounds.",
    remedy: 'Run kubectl annotate service {name} -n {namespace} kuma.io/ignore=true --overwrite.',
  },
  K8S_GATEWAY_NO_SIDECAR: {
    severity: 'warning',
    message: 'The Pod has no kuma-sidecar, so its requests go past the mesh.',
    remedy:
      'Label the Pod template, or its namespace, with kuma.io/sidecar-injection: enabled, then restart the workload.',
  },
  K8S_GATEWAY_POD_OLD: {
    severity: 'warning',
    message:
      'The namespace {namespace} injects sidecars, but the Pod has none: it is older than the label, so its requests go past the mesh.',
    remedy: 'Make the Pods again: kubectl rollout restart deployment -n {namespace}.',
  },
  K8S_OPERATOR_TEMPLATE: {
    severity: 'warning',
    message:
      "Kong Operator makes Kong's Pods of this template, which lacks the annotation {key}: what is patched into the Deployment is written over.",
    remedy:
      'Put the annotation into its podTemplateSpec; kong-meshd manifests install --form gatewayconfiguration or --form dataplane prints it.',
  },
  K8S_GATEWAY_NO_DATAPLANE: {
    severity: 'warning',
    message: 'The control plane has made no Dataplane for the Pod.',
    remedy:
      'Look for events FailedToGenerateKumaDataplane on the Pod; right after a restart of the control plane, wait until it holds its leader lease (about 15 s).',
  },
  K8S_GATEWAY_TAG: {
    severity: 'warning',
    message: 'The gateway is {actual} in the mesh, not {wanted}: {cause}.',
    remedy: '{hint}',
  },
  K8S_GATEWAY_TAG_BEHIND: {
    severity: 'warning',
    message:
      'The Dataplane says kuma.io/service {actual}, but by its Pod and Services it should say {predicted}.',
    remedy:
      'Nothing, if the control plane has just restarted; else touch the Pod or a Service that selects it, because a Dataplane edited by hand is only mended by the next such event.',
  },
  K8S_GATEWAY_TAGLESS: {
    severity: 'warning',
    message:
      'The control plane gives gateways no tags, so the gateway has no kuma.io/service and cannot be {wanted}.',
    remedy:
      'Name the gateway by its SPIFFE ID in policies, and set gateway.workload in place of gateway.service in kong-meshd.yaml.',
  },
  K8S_SECOND_GATEWAY: {
    severity: 'warning',
    message:
      'The Deployment {deployment} is annotated as a gateway of the mesh but runs an ingress controller, not Kong.',
    remedy:
      'Remove the annotation kuma.io/gateway from the Pod template of the controller, so that policies for the gateway mean Kong alone.',
  },
  K8S_IGNORE_VALUE: {
    severity: 'warning',
    message: 'The annotation kuma.io/ignore is "{value}", {effect}.',
    remedy: 'Write kuma.io/ignore: "true", or remove the annotation.',
  },
  K8S_POD_IPS: {
    severity: 'warning',
    message:
      "Kong's controller sends to the Pod IPs of the Service, past the mesh and its policies, in {places}.",
    remedy:
      'Run kubectl annotate service {name} -n {namespace} {annotation}=true --overwrite, apply what kong-meshd manifests service-upstream prints for the whole class, or set gateway.serviceUpstream to enforce.',
  },
  K8S_HEADLESS_BACKEND: {
    severity: 'warning',
    message:
      'The Service is headless, so Kong sends to its Pod IPs whatever its annotations say, past the mesh and its policies, in {places}.',
    remedy:
      'Make a second Service with a ClusterIP for the same Pods and route to it, or route by the mesh-upstream plugin with service {reference}.',
  },
  K8S_EXTERNAL_NAME_UPSTREAM: {
    severity: 'warning',
    message:
      'With service upstream the ingress controller hands Kong the DNS name of this Service, an alias for {externalName}, and Kong follows no CNAME, in {places}.',
    remedy:
      'Route to it by the mesh-upstream plugin with service {reference}, which follows it, or without service upstream.',
  },
  K8S_BACKEND_MISSING: {
    severity: 'warning',
    message: 'There is no such Service, but {places} leads to it: Kong answers 503 there.',
    remedy: 'Create the Service, or correct the name and namespace in the route.',
  },
  K8S_BACKEND_PORT: {
    severity: 'warning',
    message: 'The Service has no port {port}, but {places} leads to it: Kong answers 503 there.',
    remedy: 'Use one of its ports in the route: {ports}.',
  },
  K8S_BACKEND_KIND: {
    severity: 'warning',
    message: "{place} leads to {what}, which Kong's controller cannot send to or which is absent.",
    remedy: 'Name a Service as the backend.',
  },
  K8S_BACKEND_NOT_GRANTED: {
    severity: 'warning',
    message:
      '{place} leads to the Service {service} of another namespace, which no ReferenceGrant there allows.',
    remedy:
      'Create a ReferenceGrant in namespace {namespace} from kind {kind} of namespace {from} to kind Service, or route to a Service of the own namespace.',
  },
  K8S_BACKENDS_WEIGHTLESS: {
    severity: 'warning',
    message: 'All backends of {place} have weight 0, so Kong sends its requests nowhere.',
    remedy: 'Give at least one backend a weight above 0, or remove the rule.',
  },
  K8S_ROUTE_NOT_ALLOWED: {
    severity: 'warning',
    message:
      'No listener of the Gateway {gateway} allows the route to attach, so Kong answers 404.',
    remedy:
      'Set allowedRoutes.namespaces of a listener so that it admits the namespace of the route, and correct sectionName and port of the parentRef.',
  },
  K8S_ROUTE_REFUSED: {
    severity: 'warning',
    message: "Kong's controller does not accept the route for the Gateway {gateway}: {reason}.",
    remedy: 'Run kubectl describe on the route: the condition Accepted says what is wrong.',
  },
  K8S_ROUTE_NO_GATEWAY: {
    severity: 'warning',
    message: 'The route names the Gateway {gateway}, which is not there, so Kong answers 404.',
    remedy: 'Create the Gateway, or correct name and namespace of the parentRef.',
  },
  K8S_GATEWAY_NO_ROUTES: {
    severity: 'warning',
    message: 'No route is attached to the Gateway, so Kong answers 404 to every request.',
    remedy:
      'Create an HTTPRoute whose parentRef names the Gateway; kong-meshd check / then shows no more no-route.',
  },
  K8S_GATEWAY_NOT_SERVED: {
    severity: 'warning',
    message: "Kong's controller does not serve the Gateway: its condition {problem}.",
    remedy:
      'Check that the controller runs and that it serves the class: without Kong Operator the GatewayClass needs the annotation konghq.com/gatewayclass-unmanaged: "true".',
  },
  K8S_CLASS_MISSING: {
    severity: 'warning',
    message: 'There is no {kind} {name}, so no controller serves this and Kong answers 404.',
    remedy: 'Create the {kind}, or name one that is there.',
  },
  K8S_BACKENDS_OUTSIDE: {
    severity: 'warning',
    message: 'Routes lead to Services that are not in the mesh: {names}.',
    remedy:
      'Label their namespaces with kuma.io/sidecar-injection: enabled and restart their Pods; where it is meant so, annotate the Services with kuma.io/ignore: "true".',
  },
  K8S_BACKENDS_WITHOUT_SIDECAR: {
    severity: 'warning',
    message: 'Routes lead to Services whose Pods have no sidecar: {names}.',
    remedy:
      'Make Pods again that are older than the label of their namespace (kubectl rollout restart deployment -n NAMESPACE): until then what goes to them leaves the mesh.',
  },
  K8S_CLASSES_UNCLEAR: {
    severity: 'warning',
    message:
      'Several classes belong to controllers of Kong ({classes}), and nothing says which are those of this gateway: no Service is annotated.',
    remedy: 'Name them as gateway.classes of the kubernetes source.',
  },
  K8S_CRD_VERSION: {
    severity: 'warning',
    message: 'The cluster serves {plural}.{group} in {served} alone, and {known} can be read.',
    remedy: 'Install a newer version of the CRDs; until then these objects count as absent.',
  },
  K8S_FORBIDDEN_KINDS: {
    severity: 'warning',
    message: 'The role may not read {kinds}, so nothing is found about them.',
    remedy: 'Apply the role that kong-meshd manifests install prints.',
  },
  K8S_PERMISSION_TARGET: {
    message:
      'Nothing tells the proxies of {service} from others, so no permission can select them.',
    remedy:
      'Give its Dataplanes the label kuma.io/workload, or its Service a selector, then run the command again.',
  },
  K8S_SPIFFE_ID: {
    message: 'The SPIFFE ID of the gateway cannot be worked out: {template} is not known.',
    remedy: 'Give it with --spiffe-id; the control plane shows it at the Dataplane.',
  },
  K8S_MORE_FINDINGS: {
    severity: 'warning',
    message: 'There are {count} more findings {finding}.',
    remedy: 'Mend those that are shown, or what they have in common.',
  },
  K8S_NO_MESH_API: {
    severity: 'warning',
    message:
      'The cluster has no API group kuma.io, so it cannot be told which Services are in the mesh: all are taken.',
    remedy: 'Install Kuma or Kong Mesh, or correct the cluster that the kubernetes source reads.',
  },
  K8S_MANIFEST_NAME: {
    message: 'No {kind} can have the {field} "{name}": Kubernetes would refuse it.',
    remedy:
      'Give names of lower-case letters, digits and "-" that begin and end with a letter or a digit.',
  },
  K8S_EXTERNAL_NAME: {
    message: 'No ExternalName Service can stand for {reference}: {cause}.',
    remedy:
      'Name a tag (orders_shop_svc_8080), a Service with its port (orders.shop:8080), or a host name of the mesh.',
  },
});
