/** Where things stand in the picture. Only arithmetic. */

/** @typedef {import('../../picture').PictureRow} Row */

/**
 * A box that several rows share.
 * @typedef {{ key: string, row: Row, rows: number[], y: number }} Node
 */

/**
 * Positions at least `gap` apart and within the bounds, as near to the wanted ones as that allows. By
 * pooling: neighbors that want to be too near to each other are centered on what they want together.
 * @param {readonly number[]} wanted in rising order
 * @returns {number[]}
 */
export function spread(wanted, gap, low, high) {
  /** @type {{ sum: number, size: number }[]} */
  const pools = [];
  const mean = ({ sum, size }) => sum / size;
  wanted.forEach((y, index) => {
    pools.push({ sum: y - index * gap, size: 1 });
    for (;;) {
      const [before, last] = pools.slice(-2);
      if (!last || mean(before) <= mean(last)) break;
      pools.splice(-2, 2, { sum: before.sum + last.sum, size: before.size + last.size });
    }
  });
  const most = Math.max(low, high - (wanted.length - 1) * gap);
  return pools
    .flatMap((pool) => Array(pool.size).fill(Math.min(most, Math.max(low, mean(pool)))))
    .map((y, index) => y + index * gap);
}

/**
 * One node for each key, however many rows lead through it.
 * @param {readonly Row[]} rows
 * @param {(row: Row) => string | undefined} keyOf undefined: the row has no such node
 * @param {(index: number) => number} middleOf
 * @returns {Node[]}
 */
export function placeNodes(rows, keyOf, middleOf, gap) {
  /** @type {Map<string, Node>} */
  const byKey = new Map();
  rows.forEach((row, index) => {
    const key = keyOf(row);
    if (key === undefined) return;
    const node = byKey.get(key);
    if (node) node.rows.push(index);
    else byKey.set(key, { key, row, rows: [index], y: 0 });
  });
  const wanted = ({ rows: through }) =>
    through.reduce((sum, index) => sum + middleOf(index), 0) / through.length;
  const nodes = [...byKey.values()].map((node) => ({ ...node, y: wanted(node) }));
  nodes.sort((a, b) => a.y - b.y);
  const places = spread(
    nodes.map(({ y }) => y),
    gap,
    middleOf(0),
    middleOf(rows.length - 1),
  );
  return nodes.map((node, index) => ({ ...node, y: places[index] }));
}
