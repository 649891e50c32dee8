/** kong.yml → the state that it says, and everything that is wrong with it. */
import { isDeepStrictEqual } from 'node:util';

import { parseKongConfig } from '../../../daemon/kong/parse';
import { readFully, readSource } from '../../../daemon/kong/read-source';
import { maskTemplates } from '../../../daemon/kong/env-template';
import { scanYaml } from '../../../daemon/kong/scan-yaml';
import type { SourceNode } from '../../../daemon/kong/source-tree';
import { validateState } from '../../../daemon/kong/validate';
import { renderFiles } from '../../../daemon/kong/write';
import { mutateBytes } from '../engine/mutate-bytes';
import { mutateJson } from '../engine/mutate-json';
import { mutateText } from '../engine/mutate-text';
import type { Random } from '../engine/random';
import { linesIn, mustBeSound, secret } from '../invariants';
import { kongDocument, kongTexts, yamlOf } from '../seeds';
import { must, pure, type Target } from '../target';

export const kongEnv = { DECK_SECRET: secret, DECK_PORT: '8080' };
const path = 'kong.yml';

/** A name that is set by a variable is shown like any other. */
const naming =
  /(?:name|id|target|group|prefix|_config|_version|_workspace|tags)["']?:[^\n]*DECK_SECRET|- [^\n:]*DECK_SECRET|^[^\n:]*DECK_SECRET/m;

export const kongFile: Target = {
  name: 'kong-file',
  weight: 10,
  form: 'bytes',
  generate(random) {
    const text = kongText(random);
    if (random.chance(0.06)) return Buffer.from(text, 'utf16le');
    if (random.chance(0.15)) return mutateBytes(Buffer.from(text), random);
    return Buffer.from(text);
  },
  open: pure((input) => {
    // As the files are read: whatever is no UTF-8 becomes a replacement character.
    const text = input.toString('utf8');
    const parsed = parseKongConfig([{ path, text }], { env: kongEnv, meshTag: 'kong-meshd' });
    const file = { path, lines: linesIn(text) };
    const secretIsName = naming.test(text);
    mustBeSound(parsed.failures, { file, secretIsName });
    must(parsed.complete || parsed.failures.length > 0, 'it is incomplete without a reason');
    const findings = validateState(parsed);
    mustBeSound(findings, { file, secretIsName });
    const identities = new Set(parsed.state.entities.map(({ type, id }) => `${type}/${id}`));
    must(identities.size === parsed.state.entities.length, 'two entities have one id');
    const again = renderFiles(parsed, { ...parsed.state, entities: [...parsed.state.entities] });
    const written = again.value[0]?.text ?? (parsed.files.length === 0 ? text : '');
    must(written === text, 'a state that did not change changes the file');
    mustReadAlike(text);
    return parsed.complete;
  }),
};

/** A configuration with something wrong in it, of every kind. */
export function kongText(random: Random): string {
  const texts = kongTexts();
  const base = random.chance(0.6)
    ? random.pick(texts)
    : yamlOf(
        random.chance(0.5) ? mutateJson(kongDocument(random), random) : kongDocument(random),
        random,
      );
  return random.chance(0.85) ? mutateText(base, random, texts) : base;
}

/** The fast readers see what the full parser sees, or leave it to it. */
function mustReadAlike(text: string): void {
  if (text.length > 20_000) return;
  const fast = scanYaml(maskTemplates(text).text);
  if (!fast) return;
  const full = readFully(path, text);
  if (fast.kind !== 'map') {
    must(!full.ok && !readSource({ path, text }).ok, 'the readers differ on the root');
    return;
  }
  must(full.ok, 'the fast reader took what the full one refuses');
  must(isDeepStrictEqual(valueOf(fast), valueOf(full.file.root)), 'the readers differ');
}

function valueOf(node: SourceNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'sequence') return node.items.map(valueOf);
  return node.entries.map(({ key, value }) => [key, valueOf(value)]);
}
