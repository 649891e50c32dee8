/** The picture and the controls above it. */
export const pictureStyle = String.raw`
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 10px 20px; justify-content: space-between; }
.search { position: relative; display: block; width: min(300px, 100%); }
.search svg { position: absolute; left: 11px; top: 10px; width: 15px; height: 15px; fill: none; stroke: var(--ink-3); stroke-width: 1.7; stroke-linecap: round; pointer-events: none; }
.search input { width: 100%; height: 36px; padding: 0 34px; border: 1px solid var(--line-strong); border-radius: 8px; background: var(--surface); color: var(--ink); font: inherit; font-size: 14px; }
.search input::placeholder { color: var(--ink-3); opacity: 1; }
.search input::-webkit-search-cancel-button { display: none; }
.search input:focus { outline: 2px solid var(--accent); outline-offset: -1px; border-color: transparent; }
.search kbd { position: absolute; right: 9px; top: 8px; min-width: 20px; text-align: center; font: 12px/18px var(--mono); color: var(--ink-3); border: 1px solid var(--line); border-radius: 4px; pointer-events: none; }
.search input:focus ~ kbd { visibility: hidden; }
.share { display: flex; gap: 2px; height: 6px; margin-top: 16px; border-radius: 3px; overflow: hidden; background: var(--sunken); }
.share i { flex: 1 1 0; min-width: 4px; background: currentColor; }
.share .outside { opacity: 0.45; }
.filters { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 12px; }
.filters button { display: inline-flex; align-items: center; gap: 7px; height: 32px; padding: 0 11px; border: 1px solid transparent; border-radius: 16px; background: none; color: var(--ink-2); font-size: 14px; cursor: pointer; white-space: nowrap; }
.filters button:hover { background: var(--sunken); }
.filters button[aria-pressed='true'] { background: var(--surface); border-color: var(--line-strong); color: var(--ink); font-weight: 560; }
.filters .n { color: var(--ink-3); font-weight: 400; }
.picture { margin-top: 12px; overflow-x: auto; scrollbar-width: thin; }
.picture svg.map { display: block; }
.picture .head { fill: var(--ink-3); font: 13px var(--sans); }
.picture .empty { padding: 44px 20px; text-align: center; border: 1px dashed var(--line-strong); border-radius: 10px; }
.picture .empty button { margin-top: 12px; padding: 6px 14px; border: 1px solid var(--line-strong); border-radius: 8px; background: var(--surface); cursor: pointer; }
.way { cursor: pointer; outline: none; }
.way .hit { fill: transparent; }
.way .ring { fill: none; stroke: none; rx: 8px; }
.way:focus-visible .ring { stroke: var(--accent); stroke-width: 5; stroke-opacity: 0.35; }
.node rect { fill: var(--surface); stroke: var(--line); rx: 7px; }
.node.lit rect { stroke: var(--ink-2); }
.node.broken rect { stroke: currentColor; stroke-dasharray: 4 3; fill: none; }
.node.past rect { fill: none; stroke: var(--line-strong); stroke-dasharray: 2 3; }
.node text { pointer-events: none; }
.node .name { fill: var(--ink); font: 500 13px var(--mono); }
.node .sub { fill: var(--ink-3); font: 12px var(--sans); }
.node.broken .name { fill: currentColor; }
.node.past .name { fill: var(--ink-2); font-weight: 400; }
.node .count { fill: var(--ink-2); font: 12px var(--mono); text-anchor: end; }
.edge { fill: none; stroke: var(--line-strong); stroke-width: 1.5; }
.edge.lit { stroke: var(--ink-2); stroke-width: 2; }
.edge.on.lit { stroke: currentColor; stroke-opacity: 1; stroke-width: 2.5; }
.edge.on { stroke: currentColor; stroke-opacity: 0.75; }
.edge.dashed { stroke-dasharray: 5 4; }
.edge.past { stroke: var(--line-strong); stroke-dasharray: 1.5 4; stroke-linecap: round; }
.address rect { fill: var(--paper); }
.address .name { fill: var(--ink); font: 12.5px var(--mono); text-anchor: middle; }
.address .sub { fill: var(--ink-3); font: 12px var(--sans); text-anchor: middle; }
.changed .hit { animation: settle 2.4s ease-out; rx: 8px; }
@keyframes settle { from { fill: var(--accent-soft); } to { fill: transparent; } }
@media (prefers-reduced-motion: reduce) { .changed .hit { animation: none; } }
.pager { display: flex; align-items: center; gap: 10px; margin-top: 14px; font-size: 14px; color: var(--ink-2); }
.pager span { margin-right: auto; }
.pager button { height: 34px; padding: 0 14px; border: 1px solid var(--line-strong); border-radius: 8px; background: var(--surface); cursor: pointer; }
.pager button:disabled { opacity: 0.45; cursor: default; }
.pager button:not(:disabled):hover { background: var(--sunken); }
`;
