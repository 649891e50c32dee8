/** Answers of a control plane: what is not understood is refused, and never a smaller mesh. */
import { createHash } from 'node:crypto';

import { assemble } from '../../../daemon/sources/resources/assemble';
import type { Connection, Reply } from '../../../daemon/sources/kuma/connection';
import { probe } from '../../../daemon/sources/kuma/control-plane';
import { createMeshReader, type MeshParts } from '../../../daemon/sources/kuma/mesh-reader';
import type { Observation } from '../../../daemon/sources/source';
import { mutateBytes } from '../engine/mutate-bytes';
import { mutateJson, type Json } from '../engine/mutate-json';
import { onlyMeshdErrors } from '../invariants';
import { observationMustBeUsable } from '../observation';
import { filesBelow, lazily, recordedAnswer } from '../seeds';
import { must, pure, type Target } from '../target';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** What is answered otherwise than usual, by the last part of the path, and `#offset` of a page. */
type Scenario = Readonly<Record<string, Answer>>;

const lists = [
  ['meshservices', 'meshservices-online'],
  ['meshmultizoneservices', 'meshmultizoneservices'],
  ['meshexternalservices', 'meshexternalservices'],
  ['service-insights', 'service-insights-online'],
  ['external-services', 'external-services'],
  ['dataplanes', 'dataplanes'],
] as const;

export const controlPlane: Target = {
  name: 'control-plane',
  weight: 5,
  form: 'json',
  generate(random) {
    const scenario: Record<string, Answer> = {};
    for (let left = random.few(3); left > 0; left -= 1) {
      const place = random.pick([...usual().keys()]);
      const body = random.chance(0.75) ? (usual().get(place) ?? null) : random.pick(recordings());
      const changed = random.chance(0.9) ? mutateJson(body, random, recordings()) : body;
      const text = JSON.stringify(changed);
      scenario[place] = {
        status: random.chance(0.85)
          ? 200
          : random.pick([201, 204, 301, 401, 403, 404, 429, 500, 503, 0]),
        type: random.chance(0.9)
          ? 'application/json'
          : random.pick([
              'text/plain',
              'text/html',
              '',
              'application/problem+json',
              'Application/JSON;x',
            ]),
        text: random.chance(0.15)
          ? mutateBytes(Buffer.from(text), random).toString('latin1')
          : text,
      };
    }
    return Buffer.from(JSON.stringify(scenario));
  },
  open: pure(async (input) => {
    const scenario = JSON.parse(input.toString('utf8')) as Scenario;
    const reader = createMeshReader('default', {});
    const first = await look(reader, {});
    const second = await onlyMeshdErrors(() => look(reader, scenario));
    if (second.ok) {
      observationMustBeUsable(second.value.observation);
      mustKeepKnown(first.parts, second.value);
    }
    const third = await look(reader, {});
    const { revision } = first.observation;
    must(third.observation.revision === revision, 'an odd answer changes what later ones say');
    return second.ok || !/INVALID_JSON|CONTENT_TYPE|STATUS/.test(second.error.code);
  }),
};

interface Look {
  readonly observation: Observation;
  readonly parts: MeshParts;
  /** What was answered, by its place. */
  readonly answers: ReadonlyMap<string, string>;
}

async function look(
  reader: ReturnType<typeof createMeshReader>,
  scenario: Scenario,
): Promise<Look> {
  const signal = new AbortController().signal;
  const answers = new Map<string, string>();
  const connection = connectionTo(scenario, answers);
  await probe(connection, signal);
  const { mode, parts } = await reader.read(connection, signal);
  const services = [parts.meshServices, parts.multiZone, parts.external];
  const observation = assemble(
    {
      mesh: 'default',
      mode,
      services: services.flatMap(({ values }) => values),
      insights: parts.insights.values,
      externalServices: parts.legacyExternal.values,
      dataplanes: parts.dataplanes.values,
      failures: Object.values(parts).flatMap(({ failures }) => failures),
    },
    { service: 'kong' },
  );
  return { observation, parts, answers };
}

/** Whoever an answer still names, and who was fine before, is still there. */
function mustKeepKnown(before: MeshParts, { parts: after, answers }: Look): void {
  for (const [part, place] of [
    ['meshServices', 'meshservices'],
    ['multiZone', 'meshmultizoneservices'],
    ['external', 'meshexternalservices'],
  ] as const) {
    if (after[part].absent) continue;
    const pages = [...answers].filter(([at]) => at.split('#')[0] === place);
    const named = new Set(pages.flatMap(([, text]) => namesIn(tryParse(text))));
    const said: unknown = (tryParse(answers.get(`${place}#0`) ?? '') as any)?.total;
    const { values, failures } = after[part];
    must(
      typeof said !== 'number' || values.length + failures.length >= said,
      `fewer ${place} than the list says it has`,
    );
    const there = new Set(values.map(({ resource }) => resource));
    for (const { resource } of before[part].values) {
      must(!named.has(resource) || there.has(resource), `a ${place} that is named is gone`);
    }
  }
}

function namesIn(page: Json): readonly string[] {
  const items = (page as { readonly items?: unknown } | null)?.items;
  if (!Array.isArray(items)) return [];
  return items
    .map((item) => (item as { name?: unknown } | null)?.name)
    .filter((name) => typeof name === 'string');
}

function connectionTo(scenario: Scenario, answers: Map<string, string>): Connection {
  const connection: Connection = {
    url: 'http://127.0.0.1:5681',
    refresh: () => Promise.resolve(),
    put: () => Promise.reject(new Error('nothing is written here')),
    digestOf: (target, signal) => connection.get(target, signal),
    get(target) {
      const url = new URL(target, 'http://127.0.0.1:5681');
      const last = url.pathname === '/' ? '/' : (url.pathname.split('/').at(-1) ?? '');
      const offset = url.searchParams.get('offset') ?? '0';
      const place = usual().has(`${last}#${offset}`) ? `${last}#${offset}` : last;
      const body = usual().get(place);
      const answer = Object.hasOwn(scenario, place) ? scenario[place] : undefined;
      const { status, type, text } =
        answer ??
        (body === undefined
          ? { status: 404, type: 'text/plain', text: '404: Page Not Found' }
          : { status: 200, type: 'application/json', text: JSON.stringify(body) });
      const reply = replyOf({ status, type, text });
      answers.set(place, reply.body().toString('utf8'));
      return Promise.resolve(reply);
    },
  };
  return connection;
}

/** Of an input that was made smaller any part may be anything. */
function replyOf({ status, type, text }: { readonly [K in keyof Answer]: unknown }): Reply {
  const body = Buffer.from(String(text), 'utf8');
  return {
    status: Number(status),
    contentType: String(type),
    body: () => body,
    digest: createHash('sha256').update(body).digest('base64'),
    size: body.length,
  };
}

/** The recorded mesh in pages of two. */
const usual = lazily((): ReadonlyMap<string, Json> => {
  const answers = new Map<string, Json>();
  answers.set('/', recordedAnswer('test/fixtures/kuma/index.json').body);
  const meshes: any = recordedAnswer('test/fixtures/kuma/meshes.json').body;
  answers.set('default', meshes.items[0]);
  for (const [list, recording] of lists) {
    const { items }: any = recordedAnswer(`test/fixtures/kuma/${recording}.json`).body;
    const pages = Math.max(1, Math.ceil(items.length / 2));
    for (let page = 0; page < pages; page += 1) {
      const next = page + 1 < pages ? `http://elsewhere/x?offset=${page * 2 + 2}&size=2` : null;
      answers.set(`${list}#${page * 2}`, {
        total: items.length,
        items: items.slice(page * 2, page * 2 + 2),
        next,
      });
    }
  }
  return answers;
});

const recordings = lazily((): readonly Json[] =>
  filesBelow('test/fixtures/kuma', /\.json$/)
    .map((path) => recordedAnswer(path).body)
    .filter((body) => JSON.stringify(body ?? null).length < 30_000),
);

function tryParse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}
