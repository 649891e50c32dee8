import { createCatalog } from '../../../../catalog/catalog';
import { commonGateway } from '../../../../catalog/gateway';
import type { Failure } from '../../../../catalog/error';
import type { PortLedger } from '../../../../catalog/port-ledger';
import { GatewayWriteConfig } from '../../../../daemon/targets/dataplane/config';
import {
  createDataplaneTarget,
  type DataplaneTargetOptions,
} from '../../../../daemon/targets/dataplane/create-dataplane-target';
import type {
  DataplanePlan,
  DataplaneTarget,
} from '../../../../daemon/targets/dataplane/dataplane-target';
import { createKumaSource } from '../../../../daemon/sources/kuma/kuma-source';
import type { Observation, Source } from '../../../../daemon/sources/source';
import type { OutboundNeed } from '../../../../daemon/translate/translation';
import { freePort } from '../../../sandbox/sidecar/harness';

export interface DriverOptions {
  readonly url: string;
  /** Default `kong-01`; null: whatever has the service. */
  readonly dataplane?: string | readonly string[] | null;
  readonly service?: string;
  readonly config?: Record<string, unknown>;
  readonly options?: Partial<DataplaneTargetOptions>;
}

export interface Passed {
  readonly plan: DataplanePlan;
  readonly failures: readonly Failure[];
  readonly writes: number;
  /** Kong was switched: to these addresses, by service. */
  readonly switched?: Readonly<Record<string, string | undefined>>;
}

export type Stop = 'expand' | 'switch' | 'contract';

/** The pass around the target, as the daemon makes it, with a list of services in place of Kong. */
export class Driver {
  readonly target: DataplaneTarget;
  readonly #source: Source;
  nowMs = 1_000_000;
  /** What the snapshot would remember. */
  ledger: PortLedger | undefined;

  constructor({ url, dataplane: named, service, config, options }: DriverOptions) {
    const dataplane = named === null ? undefined : (named ?? 'kong-01');
    const connection = { url, timeoutMs: 5_000, insecureSkipVerify: false };
    const selection = {
      ...(dataplane ? { dataplane } : {}),
      ...(service === undefined ? {} : { service }),
      ...(options?.labels ? { labels: options.labels } : {}),
      ...(typeof config?.['workload'] === 'string' ? { workload: config['workload'] } : {}),
    };
    this.#source = createKumaSource({ ...connection, mesh: 'default', gateway: selection });
    this.target = createDataplaneTarget({
      controlPlane: connection,
      mesh: 'default',
      dataplane,
      service,
      config: GatewayWriteConfig.parse(config ?? {}),
      now: () => this.nowMs,
      pollMs: 10,
      settleMs: 100,
      ...options,
    });
  }

  observe(): Promise<Observation> {
    return this.#source.observe(AbortSignal.timeout(10_000));
  }

  #plan(
    { gateways, services, controlPlane }: Observation,
    needs: readonly OutboundNeed[],
  ): DataplanePlan {
    const around = { services, controlPlane, ...(this.ledger ? { ledger: this.ledger } : {}) };
    const plan = this.target.plan(gateways, needs, this.nowMs, around);
    this.ledger = plan.ledger ?? this.ledger;
    return plan;
  }

  async plan(services: readonly string[]): Promise<DataplanePlan> {
    const observation = await this.observe();
    const { needs } = resolve(observation, services);
    return this.#plan(observation, needs);
  }

  /** Stopped before a step, it is what a daemon leaves that ends there. */
  async pass(services: readonly string[], stopBefore?: Stop): Promise<Passed> {
    const signal = AbortSignal.timeout(20_000);
    const observation = await this.observe();
    const { needs, catalog } = resolve(observation, services);
    const { ledger } = this;
    const plan = this.#plan(observation, needs);
    const failures = [...plan.failures];
    let writes = 0;
    const passed = () => ({ plan, failures, writes });
    if (failed(failures) || stopBefore === 'expand') return passed();
    if (plan.expanding.length > 0 || plan.awaiting === true) {
      const report = await this.target.expand(plan, signal);
      writes += report.writes;
      failures.push(...report.failures);
      if (failed(report.failures) && report.onlySilent !== true) this.ledger = ledger;
    }
    if (failed(failures) || stopBefore === 'switch') return passed();
    const after = createCatalog('default', observation.services, plan.gateway);
    const switched = Object.fromEntries(
      services.map((name) => {
        const found = catalog.find(reference(name));
        const address = found.found
          ? after.choose(found.service, found.port, 'outbound')
          : undefined;
        return [name, address && `${address.host}:${address.port}`];
      }),
    );
    if (stopBefore === 'contract') return { ...passed(), switched };
    if (plan.contracting.length > 0) {
      const report = await this.target.contract(plan, signal);
      writes += report.writes;
      failures.push(...report.failures);
    }
    return { ...passed(), switched };
  }
}

export const codesOf = ({ failures }: Pick<Passed, 'failures'>): readonly string[] =>
  failures.map(({ code }) => code);

/** A range of ports that nothing else has. */
export async function freeRange(size: number): Promise<{ first: number; ports: string }> {
  for (;;) {
    const first = await freePort();
    let last = first;
    while (last - first + 1 < size) {
      const next = await freePort();
      if (next !== last + 1) break;
      last = next;
    }
    if (last - first + 1 === size) return { first, ports: `${first}-${last}` };
  }
}

function resolve(observation: Observation, services: readonly string[]) {
  const gateway = commonGateway('universal', observation.gateways);
  const catalog = createCatalog('default', observation.services, gateway);
  const needs = services.flatMap((name): OutboundNeed[] => {
    const found = catalog.find(reference(name));
    return found.found ? [{ service: found.service, port: found.port }] : [];
  });
  return { catalog, needs };
}

function reference(name: string) {
  const [service = '', port] = name.split(':');
  return { service, ...(port === undefined ? {} : { port: Number(port) }) };
}

function failed(failures: readonly Failure[]): boolean {
  return failures.some(({ severity }) => severity === 'error');
}
