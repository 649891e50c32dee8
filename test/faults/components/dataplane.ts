/** The gateway's Dataplane as the daemon writes it: by the API, and as the file that kuma-dp starts from. */
import { diskFull, readOnly, symlinked } from '../faults/files';
import { resets } from '../faults/http';
import { httpTrial, httpTrials, type HttpPlace } from '../faults/http-trials';
import { clockJump, endsAtRequest, twoDaemons, type HttpStep } from '../faults/process-trials';
import { elsewhere, outboundsForgotten } from '../faults/promises';
import { meshPaths, na, type Row, type Trial } from '../vocabulary';
import type { FaultWorld } from '../world/fault-world';

const place: HttpPlace = { proxy: ({ kuma }) => kuma, only: /^PUT / };
const byName = na('It is read by its name; as a list it is read by the source.');
const failed = ['DATAPLANE_WRITE_FAILED'];
/** Its proxy is restarted with every change of its file. */
const inFile = { fileOwned: true, mayRefuse: meshPaths } as const;

/** What a control plane does when a proxy reconnects: away, and back as it was. */
const vanishes: Trial = {
  async begin({ sandbox: { controlPlane } }) {
    const dataplane = controlPlane.get('Dataplane', 'kong-01');
    controlPlane.delete('Dataplane', 'kong-01');
    return {
      async end() {
        const { networking, ...rest } = dataplane as { networking: { gateway: object } };
        const gateway = { type: 'DELEGATED', ...networking.gateway };
        controlPlane.put({
          ...rest,
          type: 'Dataplane',
          name: 'kong-01',
          networking: { ...networking, gateway },
        });
      },
    };
  },
};

/** A person edits a label, over and over, by read-modify-write as the daemon does. */
const editedMeanwhile: Trial = {
  async begin(world, _, life) {
    let last = 0;
    const missed = new Set<string>();
    const end = life.repeat(50, async () => {
      try {
        last = await setLabel(world, 'edit', last + 1);
      } catch (error) {
        missed.add(`an edit failed: ${String(error)}`);
      }
    });
    return {
      end,
      async check() {
        const labels = await labelsOf(world);
        if (labels['edit'] !== String(last)) missed.add('an edit of the Dataplane was lost');
        return [...missed];
      },
    };
  },
};

interface Shown {
  readonly labels?: Readonly<Record<string, string>>;
  readonly networking: { readonly gateway: object };
}

function urlOf({ sandbox }: FaultWorld): string {
  return `${sandbox.controlPlane.url}/meshes/default/dataplanes/kong-01`;
}

async function labelsOf(world: FaultWorld): Promise<Readonly<Record<string, string>>> {
  return ((await (await fetch(urlOf(world))).json()) as Shown).labels ?? {};
}

async function setLabel(world: FaultWorld, key: string, value: number): Promise<number> {
  for (;;) {
    const shown = (await (await fetch(urlOf(world))).json()) as Shown;
    const { networking } = shown;
    const response = await fetch(urlOf(world), {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...shown,
        labels: { ...shown.labels, [key]: String(value) },
        networking: { ...networking, gateway: { type: 'DELEGATED', ...networking.gateway } },
      }),
    });
    if (response.ok) return value;
    if (response.status !== 409) throw new Error(await response.text());
  }
}

/** Ended while it waits until the sidecar listens. */
function endsWaiting(signal: 'SIGTERM' | 'SIGKILL'): Trial {
  const put: HttpStep = {
    step: 'while it waits for the listener',
    proxy: ({ kuma }) => kuma,
    only: /^PUT /,
    when: 'after',
  };
  return {
    variant: put.step,
    async begin(world) {
      world.sidecar.setPace({ listenMs: 1_000 });
      const { child } = world.daemon;
      const meeting = world.kuma.meet(async ({ forward, reply }) => {
        reply(await forward());
        setTimeout(() => child.kill(signal), 300);
      }, put.only);
      return {
        async end() {
          await child.exited;
          meeting.end();
          world.sidecar.setPace({ listenMs: 50 });
          await world.startDaemon();
        },
        met: () => meeting.met > 0,
      };
    },
  };
}

const step = { proxy: ({ kuma }: FaultWorld) => kuma, only: /^PUT / };
const goes = 'service goes' as const;
const steps: readonly HttpStep[] = [
  { ...step, step: 'before an outbound is added', when: 'before' },
  { ...step, step: 'after it was added', when: 'after' },
  { ...step, step: 'before an outbound is removed', when: 'before', change: goes },
  { ...step, step: 'after it was removed', when: 'after', change: goes },
];
const endings = (signal: 'SIGTERM' | 'SIGKILL'): readonly Trial[] => [
  ...steps.map((one) => endsAtRequest(signal, one)),
  endsWaiting(signal),
];

export const dataplane: Row = {
  ...elsewhere(
    'It holds outbounds, labels and tags; edits of others are tried with a set that changes during the walk.',
  ),
  ...httpTrials(place, {
    hangs: undefined,
    slow: undefined,
    '500': failed,
    '429 with Retry-After': ['KUMA_BUSY'],
    '401': ['DATAPLANE_WRITE_UNAUTHORISED'],
    'half an answer': ['KUMA_TRUNCATED'],
    'wrong content type': ['KUMA_CONTENT_TYPE'],
    'invalid JSON': undefined,
    'truncated body': undefined,
  }),
  'down at start': [
    httpTrial({ ...place, restart: true }, () => resets, { says: ['KUMA_UNREACHABLE'] }),
  ],
  'dies midway': [vanishes],
  'empty list': byName,
  'duplicate pages': byName,
  'missing pages': byName,
  'set changes during the walk': [editedMeanwhile],
  'disk full': [{ ...diskFull(['DATAPLANE_FILE_UNWRITABLE']), ...inFile }],
  'read-only folder': [{ ...readOnly(['DATAPLANE_FILE_UNWRITABLE']), ...inFile }],
  'file replaced by a symlink': [
    symlinked(
      ({ dataplaneFile }) => dataplaneFile,
      inFile,
      (text) => text,
    ),
  ],
  'clock jumps forward': [clockJump('forward')],
  'clock jumps back': [clockJump('back')],
  'SIGTERM at each step': endings('SIGTERM'),
  'kill -9 at each step': endings('SIGKILL'),
  'two at once': [twoDaemons({ proxy: ({ kuma }) => kuma, which: /^PUT/ })],
  'outbounds forgotten': [outboundsForgotten(false), outboundsForgotten(true)],
};
