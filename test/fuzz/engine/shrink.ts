/** Makes a failing input smaller for as long as it fails the same way. */
import type { Json } from './mutate-json';

/** Whether an input still fails in the way that is looked for. */
export type StillFails = (input: Buffer) => Promise<boolean>;

export type InputForm = 'bytes' | 'json';

/** @param attempts how many smaller inputs are tried at most. */
export async function shrink(
  input: Buffer,
  form: InputForm,
  stillFails: StillFails,
  attempts: number,
): Promise<Buffer> {
  const budget = { left: attempts };
  const isFailing: StillFails = async (candidate) => {
    if (budget.left <= 0 || candidate.length >= input.length) return false;
    budget.left -= 1;
    return stillFails(candidate);
  };
  if (form === 'bytes') return shrinkBytes(input, isFailing, budget);
  const value = parsed(input);
  return value === undefined ? input : shrinkJson(value, input, isFailing, budget);
}

interface Budget {
  left: number;
}

/** Parts of half the length, then of a quarter, and so on down to single bytes. */
async function shrinkBytes(input: Buffer, fails: StillFails, budget: Budget): Promise<Buffer> {
  let best = input;
  for (let size = Math.ceil(best.length / 2); size >= 1 && budget.left > 0;) {
    let removed = false;
    for (let at = 0; at < best.length && budget.left > 0;) {
      const candidate = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
      if (await fails(candidate)) {
        best = candidate;
        removed = true;
      } else at += size;
    }
    if (!removed && size === 1) break;
    if (!removed) size = Math.floor(size / 2);
  }
  return best;
}

/** Parts go, and texts get shorter; again from the start for as long as something helped. */
async function shrinkJson(
  value: Json,
  input: Buffer,
  fails: StillFails,
  budget: Budget,
): Promise<Buffer> {
  let best = value;
  let bytes = input;
  for (let helped = true; helped && budget.left > 0;) {
    helped = false;
    for (const candidate of smallerThan(best)) {
      if (budget.left <= 0) break;
      const text = Buffer.from(JSON.stringify(candidate));
      if (text.length >= bytes.length || !(await fails(text))) continue;
      best = candidate;
      bytes = text;
      helped = true;
      break;
    }
  }
  return bytes;
}

/** Every value that is this one with one part less, large parts first. */
function* smallerThan(value: Json): Generator<Json> {
  if (typeof value === 'string') {
    yield* shorterTexts(value);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (let size = Math.ceil(value.length / 2); size >= 1; size = Math.floor(size / 2)) {
      for (let at = 0; at < value.length; at += size) {
        yield [...value.slice(0, at), ...value.slice(at + size)];
      }
    }
    for (const [index, item] of value.entries()) {
      for (const smaller of smallerThan(item)) yield value.with(index, smaller);
    }
    return;
  }
  const entries = Object.entries(value);
  for (const [key] of entries) yield fromEntries(entries.filter(([other]) => other !== key));
  for (const [key, item] of entries) {
    for (const smaller of smallerThan(item)) {
      yield fromEntries(entries.map(([name, old]) => [name, name === key ? smaller : old]));
    }
  }
}

/** Without some of the lines, or of a single line without some of its characters. */
function* shorterTexts(text: string): Generator<string> {
  const separator = text.includes('\n') ? '\n' : '';
  const parts = text.split(separator);
  for (let size = Math.ceil(parts.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < parts.length; at += size) {
      yield [...parts.slice(0, at), ...parts.slice(at + size)].join(separator);
    }
  }
  if (separator === '' || text.length > 2000) return;
  for (let at = 0; at < text.length; at += 1) yield text.slice(0, at) + text.slice(at + 1);
}

/** As `JSON.parse` makes objects: `__proto__` is a key like any other. */
function fromEntries(entries: readonly (readonly [string, Json])[]): Json {
  return Object.fromEntries(entries);
}

function parsed(input: Buffer): Json | undefined {
  try {
    return JSON.parse(input.toString('utf8')) as Json;
  } catch {
    return undefined;
  }
}
