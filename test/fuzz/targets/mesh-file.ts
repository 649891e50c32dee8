/** Files of mesh resources → an observation, with the place of what does not fit. */
import { collectResources } from '../../../daemon/sources/file/collect-resources';
import { parseFile } from '../../../daemon/sources/file/parse-file';
import { assemble } from '../../../daemon/sources/resources/assemble';
import { mutateJson, type Json } from '../engine/mutate-json';
import { mutateText } from '../engine/mutate-text';
import { linesIn, mustBeSound, onlyMeshdErrors } from '../invariants';
import { observationMustBeUsable } from '../observation';
import { filesBelow, lazily, recordedAnswer, yamlOf } from '../seeds';
import { pure, type Target } from '../target';

const file = 'mesh.yaml';

const lists = lazily((): readonly Json[] =>
  filesBelow('test/fixtures/kuma', /(meshservices|services|dataplanes|insights)[^/]*\.json$/)
    .map((path) => recordedAnswer(path).body)
    .filter((body) => JSON.stringify(body).length < 20_000),
);

export const meshFile: Target = {
  name: 'mesh-file',
  weight: 3,
  form: 'bytes',
  generate(random) {
    const value = random.pick(lists());
    const text = yamlOf(random.chance(0.7) ? mutateJson(value, random, lists()) : value, random);
    return Buffer.from(random.chance(0.4) ? mutateText(text, random) : text);
  },
  open: pure(async (input) => {
    const text = input.toString('utf8');
    const read = await onlyMeshdErrors(() =>
      collectResources('default', parseFile({ file, text })),
    );
    if (!read.ok) return false;
    mustBeSound(read.value.failures, { file: { path: file, lines: linesIn(text) } });
    observationMustBeUsable(assemble(read.value, { dataplane: 'kong-01' }));
    return read.value.services.length + read.value.insights.length > 0;
  }),
};
