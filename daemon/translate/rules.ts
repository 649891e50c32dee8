/** What the user decides about translation: the parts of kong-meshd.yaml that `translate` reads. */
import * as z from 'zod';

import { meshServiceKinds } from '../../catalog/service';

export const addressChoices = ['auto', 'outbound', 'service-ip', 'mesh'] as const;

export const AddressRule = z
  .enum(addressChoices)
  .describe('The address form for links that do not ask for one.');

const Fields = z.record(z.string(), z.json());

const encrypted = new Set<unknown>(['https', 'grpcs', 'tls', 'tls_passthrough', 'wss']);

const ServiceTemplate = z
  .object({ name: z.string().min(1).default('{name}') })
  .catchall(z.json())
  .refine((fields) => ['host', 'port', 'url', 'id'].every((field) => !(field in fields)), {
    message: 'must not set host, port, url or id: the link gives them',
  })
  .refine((fields) => !encrypted.has(fields['protocol']), {
    message: 'must have a plain protocol (http, grpc): towards the sidecar the mesh encrypts',
    path: ['protocol'],
  });

const RouteTemplate = z
  .object({ name: z.string().min(1) })
  .catchall(z.json())
  .refine((fields) => !('service' in fields) && !('id' in fields), {
    message: 'must not set service or id: the route belongs to the service of its rule',
  });

const PluginTemplate = z
  .object({ name: z.string().min(1) })
  .catchall(z.json())
  .refine((fields) => !('id' in fields), { message: 'must not set id' });

/** One rule under `expose:`: which mesh services, and what Kong entities to make for each. */
export const ExposeRule = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .exactOptional()
      .describe('What findings call the rule; its number in the list otherwise.'),
    match: z
      .strictObject({
        name: z
          .string()
          .exactOptional()
          .describe('Name of the mesh service; * stands for any number of characters.'),
        namespace: z.string().exactOptional(),
        zone: z.string().exactOptional(),
        kind: z.enum(meshServiceKinds).exactOptional(),
        labels: z.record(z.string(), z.string()).exactOptional(),
      })
      .refine((match) => Object.keys(match).length > 0, {
        message: 'must name at least one condition; `name: "*"` is every service',
      })
      .describe('All conditions must hold.'),
    port: z
      .union([z.int().min(1).max(65535), z.string().min(1)])
      .exactOptional()
      .describe('Which port of services with several: number or name.'),
    link: z
      .enum(['plugin', 'config'])
      .default('plugin')
      .describe(
        'plugin: address looked up per request; config: address written into the Kong service.',
      ),
    address: AddressRule.exactOptional(),
    config: Fields.exactOptional().describe('Further config of the mesh-upstream plugin.'),
    service: ServiceTemplate.prefault({}).describe(
      'Fields of the Kong service. {name}, {namespace}, {zone} and {port} are filled in.',
    ),
    routes: z
      .array(RouteTemplate)
      .min(1)
      .describe('Routes of the Kong service, with the same placeholders.'),
    plugins: z
      .array(PluginTemplate)
      .default([])
      .describe('Further plugins on the Kong service, with the same placeholders.'),
  })
  .describe('Makes a Kong service with routes for every mesh service that matches.');
export type ExposeRule = z.infer<typeof ExposeRule>;

/** Fields that a linked Kong service gets unless the user set them. Times in milliseconds. */
export const LinkedDefaults = z.strictObject({
  retries: z
    .int()
    .min(0)
    .max(32767)
    .default(0)
    .describe('The sidecar retries; more here multiplies the attempts.'),
  connect_timeout: z
    .int()
    .min(1)
    .default(5000)
    .describe('The sidecar is on this host: the mesh itself gives a connect 5 s.'),
  read_timeout: z
    .int()
    .min(1)
    .exactOptional()
    .describe('Left to Kong (60 s) by default: above the 15 s of the mesh, so that its 504 wins.'),
  write_timeout: z.int().min(1).exactOptional(),
});

export const TranslateRules = z.strictObject({
  address: AddressRule.default('auto'),
  adopt: z
    .boolean()
    .default(false)
    .describe('Also link services whose host already is a mesh name.'),
  expose: z.array(ExposeRule).default([]),
  ownerTag: z.string().default('kong-meshd').describe('The tag on entities that are made here.'),
  pluginName: z.string().default('mesh-upstream').describe('Name of the plugin that links.'),
  pluginConfig: Fields.default({}).describe('Config for the plugins that expose rules make.'),
  linked: LinkedDefaults.prefault({}),
  onUnlinked: z
    .enum(['ignore', 'warn'])
    .default('ignore')
    .describe('Whether a Kong service without any link is a finding.'),
});
/** All that translate needs to be told; `TranslateRules.parse({})` gives the defaults. */
export type TranslateRules = z.infer<typeof TranslateRules>;
