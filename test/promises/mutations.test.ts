/** Whether the walk finds what it is there to find: each rule is taken out once, and a promise must break. */
import * as bindings from '../../catalog/bindings';
import * as fileFilter from '../../daemon/plan/filters/changing-files';
import * as strangers from '../../daemon/plan/filters/never-applied';
import * as guards from '../../daemon/plan/keep-guards';
import { letThrough } from '../../daemon/plan/plan-filter';
import * as beside from '../../daemon/reconcile/beside-kong';
import * as probes from '../../daemon/reconcile/probe-targets';
import * as userConfig from '../../daemon/reconcile/user-config';
import * as names from '../../daemon/targets/kong-admin/check-creates';
import * as children from '../../daemon/targets/kong-admin/check-deletes';
import * as ports from '../../daemon/targets/dataplane/plan-ports';
import * as generated from '../../daemon/targets/kong-http/auto-fields';
import { planEpisode, runEpisode, type PlanOptions } from './episode';
import type { Figure } from './model/oracle';
import { allOperations } from './operations/all-operations';
import { episodeSeed } from './seeds';
import { warpTime, type TimeWarp } from './world/time-warp';

interface Mutation {
  readonly rule: string;
  /** What breaks without it. */
  readonly figures: readonly Figure[];
  readonly takeOut: () => void;
  /** Where the rule matters. */
  readonly plan?: Omit<PlanOptions, 'among'>;
  /** The operations that it stands against, and few beside them: most episodes then see it break. */
  readonly among: RegExp;
}

const admin = { target: 'admin', policy: 'sync', tagged: true } as const;

const mutations: readonly Mutation[] = [
  {
    rule: 'R1: a guard goes only after its successor stands',
    figures: ['unguarded'],
    plan: admin,
    among: /guard|route|fails some writes|passes/,
    takeOut: () => void jest.spyOn(guards, 'findGuardHolds').mockReturnValue(new Map()),
  },
  {
    rule: 'R2: a port is given to another service only when nothing can still point at it',
    figures: ['wrong'],
    plan: { target: 'file', policy: 'create-only' },
    among: /Dataplane is re-applied|point a service|add a service/,
    takeOut: () => {
      const { planPorts } = ports;
      jest.spyOn(ports, 'planPorts').mockImplementation((inputs) => {
        const ledger = { next: inputs.room.ports.first, given: new Map<number, string>() };
        const forgotten = { ledger, remembered: new Map(), held: new Set<number>() };
        return planPorts({ ...inputs, ...forgotten, mayDeal: true });
      });
    },
  },
  {
    rule: 'R3: a reference stays with the service that it meant',
    // A namesake makes the name mean nobody at once, and another one when the one that was meant goes.
    figures: ['unhealed', 'wrong'],
    plan: { target: 'dbless', policy: 'sync' },
    among: /gets a namesake|a mesh service goes/,
    takeOut: () => void jest.spyOn(bindings, 'parseServiceKey').mockReturnValue(undefined),
  },
  {
    rule: 'R4: what was never ours is not deleted unless told',
    figures: ['lost'],
    plan: { ...admin, tagged: false },
    among: /another team|passes/,
    takeOut: () => void jest.spyOn(strangers, 'keepNeverApplied').mockReturnValue(letThrough),
  },
  {
    rule: 'R4: what a deletion takes along is part of the plan',
    figures: ['lost'],
    plan: admin,
    among: /another team adds|remove|rename|passes/,
    takeOut: () =>
      void jest
        .spyOn(children, 'withForeignChildren')
        .mockImplementation((plan) => Promise.resolve(plan)),
  },
  {
    rule: 'R4: a name that another owner has is not taken from it',
    figures: ['lost'],
    plan: admin,
    among: /second owner|passes/,
    takeOut: () =>
      void jest
        .spyOn(names, 'checkCreates')
        .mockImplementation((plan) => Promise.resolve({ plan, failures: [], there: [] })),
  },
  {
    rule: 'R5: nothing goes because of a file that is still changing',
    figures: ['lost'],
    plan: { policy: 'sync' },
    among: /slowly|passes/,
    takeOut: () => {
      jest.spyOn(fileFilter, 'waitForFiles').mockReturnValue(letThrough);
      const { readUserConfig } = userConfig;
      jest.spyOn(userConfig, 'readUserConfig').mockImplementation((options, memory) => {
        const { kongFiles } = options;
        const atRest = kongFiles && { ...kongFiles, settlesInMs: () => 0 };
        return readUserConfig({ ...options, kongFiles: atRest }, memory);
      });
    },
  },
  {
    rule: 'R6: what Kong makes up is taken over',
    figures: ['unhealed'],
    plan: { target: 'dbless', policy: 'sync' },
    among: /secrets|route|passes/,
    takeOut: () => void jest.spyOn(generated, 'takeOver').mockImplementation((fields) => fields),
  },
  {
    rule: 'R7: a Kong that is not reached is a finding',
    figures: ['green'],
    plan: admin,
    among: /Kong is away|time passes|passes/,
    takeOut: () => void jest.spyOn(probes, 'holdsKong').mockResolvedValue(true),
  },
  {
    rule: 'R8: the mesh side does not wait for Kong',
    figures: ['unhealed'],
    plan: admin,
    among: /Kong hangs while|a mesh service goes/,
    takeOut: () =>
      void jest.spyOn(beside, 'besideKong').mockImplementation(async (work, _, signal) => ({
        result: await work(signal),
        moved: false,
      })),
  },
];

const mostEpisodes = 8;
const steps = 30;
let warp: TimeWarp;

beforeAll(() => {
  warp = warpTime(20);
});

beforeEach(() => {
  // The plugin logs each snapshot that it reads.
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
});

afterEach(() => jest.restoreAllMocks());

afterAll(() => warp.restore());

test.each(mutations)(
  'finds what breaks without $rule',
  async ({ rule, figures, plan, among, takeOut }) => {
    const operations = allOperations.filter(({ name }) => among.test(name));
    takeOut();
    const found: string[] = [];

    for (let index = 0; index < mostEpisodes && found.length === 0; index++) {
      const seed = episodeSeed(rule, index);
      const episode = planEpisode(seed, steps, { gateways: 1, ...plan, among: operations });
      const { violations } = await runEpisode(episode, warp);
      found.push(
        ...violations.filter((one) => figures.includes(one.figure)).map(({ message }) => message),
      );
    }

    expect(found).not.toEqual([]);
  },
  120_000,
);
