import { matrix } from './matrix';
import { components, isTried, promiseFaults } from './vocabulary';

it.each(promiseFaults)('tries %s on a component at least', (fault) => {
  const trying = components.filter((component) => {
    const cell = matrix[component][fault];
    return isTried(cell) && cell.length > 0;
  });

  expect(trying).not.toEqual([]);
});
