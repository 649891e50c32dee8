import type { Random } from '../../faults/random';
import { fileEdits } from './file-edits';
import { fileMistakeOperations } from './file-mistakes';
import { foreignOperations } from './foreign';
import { kongOperations } from './kong';
import { meshOperations } from './mesh';
import type { Operation } from './operation';
import { programOperations } from './programs';
import { secondOwnerOperations } from './second-owner';

export const allOperations: readonly Operation[] = [
  ...fileEdits,
  ...fileMistakeOperations,
  ...foreignOperations,
  ...kongOperations,
  ...meshOperations,
  ...programOperations,
  ...secondOwnerOperations,
];

export function drawOperation(random: Random, among: readonly Operation[]): Operation {
  let left = random.next() * among.reduce((sum, { weight }) => sum + weight, 0);
  for (const operation of among) {
    left -= operation.weight;
    if (left < 0) return operation;
  }
  return among[0]!;
}
