import type { Random } from '../../faults/random';
import { fileEdits } from './file-edits';
import { fileMistakeOperations } from './file-mistakes';
import { foreignOperations } from './foreign';
import { kongOperations } from './kong';
import { meshOperations } from './mesh';
import type { Operation } from './operation';
import { programOperations } from './programs';

export const allOperations: readonly Operation[] = [
  ...fileEdits,
  ...fileMistakeOperations,
  ...foreignOperations,
  ...kongOperations,
  ...meshOperations,
  ...programOperations,
];

const total = allOperations.reduce((sum, { weight }) => sum + weight, 0);

export function drawOperation(random: Random): Operation {
  let left = random.next() * total;
  for (const operation of allOperations) {
    left -= operation.weight;
    if (left < 0) return operation;
  }
  return allOperations[0]!;
}
