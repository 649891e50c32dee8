/** Objects on the terminal, for `kubectl apply -f -`. */
import { Option, type Command } from 'commander';

import { externalNameManifest } from '../../kubernetes/manifests/external-name';
import { gatewayManifests } from '../../kubernetes/manifests/gateway';
import { installManifests, podForms, type PodForm } from '../../kubernetes/manifests/install';
import { formatManifests } from '../../kubernetes/manifests/manifest';
import { serviceUpstreamManifests } from '../../kubernetes/manifests/service-upstream';
import { kindNames, watchedKinds } from '../../sources/kubernetes/watched-kinds';
import { version } from '../../version';
import { addFormFlags, gatewayForm, type FormFlags } from '../gateway-form';
import type { Terminal } from '../terminal';
import type { AddCommand } from './command';
import { summaries } from './summaries';
import { addPermission, addReachableBackends } from './manifests-mesh';

export const addManifests: AddCommand = (program, terminal, end) => {
  const command = program.command('manifests').description(summaries.manifests.description);
  const done = (): void => end(0);
  addServiceUpstream(command, terminal, done);
  addExternalName(command, terminal, done);
  addGateway(command, terminal, done);
  addInstall(command, terminal, done);
  addPermission(command, terminal, end);
  addReachableBackends(command, terminal, end);
};

type AddManifests = (command: Command, terminal: Terminal, done: () => void) => void;

const addServiceUpstream: AddManifests = (command, terminal, done) => {
  interface Flags {
    readonly class: string;
    readonly namespace: string;
  }
  command
    .command('service-upstream')
    .description("make Kong's ingress controller send to Services instead of Pods")
    .option('--class <name>', 'the IngressClass', 'kong')
    .option('-n, --namespace <name>', 'where its parameters lie', 'kong')
    .action((flags: Flags) => {
      const { class: ingressClass, namespace } = flags;
      terminal.out(formatManifests(serviceUpstreamManifests({ ingressClass, namespace })));
      done();
    });
};

const addExternalName: AddManifests = (command, terminal, done) => {
  command
    .command('external-name')
    .description('ExternalName Services for mesh services')
    .argument(
      '<services...>',
      'orders_shop_svc_8080, orders.shop:8080, or a host name of the mesh; name=... to call it otherwise',
    )
    .option('-n, --namespace <name>', 'where the Services are made', 'kong')
    .action((references: readonly string[], { namespace }: { readonly namespace: string }) => {
      const manifests = references.map((reference) =>
        externalNameManifest({ reference, namespace }),
      );
      terminal.out(formatManifests(manifests));
      done();
    });
};

const addGateway: AddManifests = (command, terminal, done) => {
  interface Flags extends FormFlags {
    readonly mesh?: string;
  }
  const own = command
    .command('gateway')
    .description('what makes a Deployment of Kong a gateway of the mesh, by its version')
    .option('--deployment <name>', "Kong's Deployment", 'kong-gateway')
    .option('-n, --namespace <name>', 'where it is', 'kong')
    .option('--mesh <name>', 'another mesh than the default one');
  addFormFlags(own).action(async (flags: Flags) => {
    const { deployment, namespace, mesh } = flags;
    const form = await gatewayForm(flags, terminal);
    terminal.out(formatManifests(gatewayManifests({ deployment, namespace, mesh, form })));
    done();
  });
};

interface InstallFlags extends FormFlags {
  readonly serviceAccount: string;
  readonly image: string;
  readonly mesh: string;
  readonly selector?: string;
  readonly service?: string;
  readonly align?: boolean;
  readonly serviceUpstream?: boolean;
  readonly leaderElection?: boolean;
  readonly events?: boolean;
  readonly pluginServer?: boolean;
  readonly ingressController?: boolean;
  readonly kongContainer: string;
  readonly form: PodForm;
}

const addInstall: AddManifests = (command, terminal, done) => {
  const own = command
    .command('install')
    .description('the daemon beside Kong, with a role for what it reads')
    .option('--deployment <name>', "Kong's Deployment", 'kong-gateway')
    .option('-n, --namespace <name>', 'where it is', 'kong')
    .option('--service-account <name>', "of Kong's Pods", 'default')
    .option('--image <image>', 'the image of kong-meshd', `kong-meshd:${version}`)
    .option('--mesh <name>', 'mesh of the gateway', 'default')
    .option('--selector <labels>', "labels of Kong's Pods, such as app=kong-gateway")
    .option('--service <tag>', 'the kuma.io/service that the gateway must have')
    .option('--align', "let the daemon annotate Kong's Services, so that the gateway gets it")
    .option(
      '--service-upstream',
      "let the daemon annotate the Services that Kong's routes lead to, so that Kong stays in the mesh",
    )
    .option('--events', "let the daemon write its findings as Events on Kong's Pod")
    .option('--plugin-server', 'the plugin server for mesh-upstream beside Kong, too')
    .option(
      '--ingress-controller',
      "an ingress controller writes Kong's configuration: the daemon keeps the snapshot alone",
    )
    .option('--kong-container <name>', 'the container of Kong itself', 'proxy')
    .addOption(
      new Option('--form <form>', "what Kong's Pods are made of")
        .choices(podForms)
        .default('deployment'),
    )
    .option(
      '--leader-election',
      'let replicas elect the one that writes, to a Kong with a database',
    );
  addFormFlags(own).action(async (flags: InstallFlags) => {
    const { leaderElection: election = false, ...given } = flags;
    const options = {
      ...{ align: false, serviceUpstream: false, pluginServer: false, ingressController: false },
      ...{ events: false },
      ...{ ...given, election },
      // Of a Deployment manifests gateway says it.
      gateway: given.form === 'deployment' ? marked : await gatewayForm(flags, terminal),
    };
    const reads = kindNames.map((kind) => {
      const { resource, scope } = watchedKinds[kind];
      const gatewayOnly = scope === 'gateway';
      return { group: resource.group, plural: resource.plural, gatewayOnly };
    });
    terminal.out(formatManifests(installManifests({ ...options, reads })));
    done();
  });
};

const marked = { marked: true } as const;
