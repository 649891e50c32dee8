/** Where things stand, and the panels beside the picture. */
export const layoutStyle = String.raw`
.top, main, footer { max-width: 1560px; margin-inline: auto; padding-inline: clamp(16px, 3vw, 44px); }
.top { display: flex; align-items: center; gap: 14px; padding-block: 18px; font-size: 14px; }
.brand { display: flex; align-items: center; gap: 9px; font-weight: 620; letter-spacing: -0.01em; }
.brand svg { width: 20px; height: 16px; fill: none; stroke: var(--accent); stroke-width: 2; stroke-linecap: round; }
.where { color: var(--ink-2); padding-left: 14px; border-left: 1px solid var(--line-strong); }
.pulse { margin-left: auto; display: flex; align-items: center; gap: 8px; color: var(--ink-2); }
.pulse::before { content: ''; width: 8px; height: 8px; border-radius: 50%; border: 2px solid var(--idle); }
.pulse.live::before { background: var(--ok); border-color: var(--ok); }
.pulse.doubtful::before { background: var(--warn); border-color: var(--warn); }
.pulse.troubled::before { background: var(--bad); border-color: var(--bad); }
.pulse.lost { color: var(--bad); font-weight: 560; }
.pulse.lost::before { border-radius: 0; border-color: var(--bad); background: var(--bad); transform: rotate(45deg); }
.verdict { padding-block: clamp(14px, 2.2vw, 30px) 22px; max-width: 980px; }
.verdict p { margin-top: 8px; color: var(--ink-2); font-size: 16px; text-wrap: pretty; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); border-block: 1px solid var(--line); }
.facts > div { padding: 13px 18px 14px; border-left: 1px solid var(--line); min-width: 0; }
.facts > div:first-child { padding-left: 0; border-left: 0; }
.facts dt { font-size: 13px; color: var(--ink-3); }
.facts dd { margin-top: 1px; font-weight: 560; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.facts dd + dd { font-weight: 400; font-size: 13px; color: var(--ink-2); }
.columns { display: grid; grid-template-columns: minmax(0, 1fr); gap: 32px; padding-block: 28px 40px; align-items: start; }
@media (min-width: 1180px) {
  .columns { grid-template-columns: minmax(0, 1fr) 372px; gap: 36px; }
  .rail { position: sticky; top: 20px; max-height: calc(100vh - 40px); overflow-y: auto; scrollbar-width: thin; }
}
.rail { display: grid; gap: 16px; min-width: 0; }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px 18px; box-shadow: var(--shadow); min-width: 0; }
.card > h2 { margin-bottom: 10px; display: flex; align-items: baseline; gap: 8px; }
.card h2 .n { color: var(--ink-3); font-weight: 400; font-size: 14px; }
.empty { color: var(--ink-2); font-size: 14px; text-wrap: pretty; }
.empty b { display: block; color: var(--ink); font-weight: 580; font-size: 15px; }
.finding { padding-block: 12px; border-top: 1px solid var(--line); font-size: 14px; overflow-wrap: anywhere; }
.finding:first-child { padding-top: 0; border-top: 0; }
.finding:last-child { padding-bottom: 0; }
.finding .head { display: flex; align-items: baseline; gap: 7px; }
.finding .head .glyph { align-self: flex-start; margin-top: 5px; }
.finding .on { font-weight: 600; }
.finding .since { margin-left: auto; color: var(--ink-3); font-size: 13px; white-space: nowrap; }
.finding .what { margin-top: 3px; }
.finding .fix { margin-top: 7px; padding: 7px 10px; background: var(--sunken); border-radius: 6px; color: var(--ink-2); }
.finding .fix b { color: var(--ink); font-weight: 580; }
.finding .code { margin-top: 6px; color: var(--ink-3); font: 12px/1.5 var(--mono); }
.pass { border-top: 1px solid var(--line); font-size: 14px; }
.pass:first-child { border-top: 0; }
.pass summary, .pass .line { display: grid; grid-template-columns: 14px minmax(0, 1fr) auto; gap: 8px; align-items: center; padding-block: 8px; }
.pass:first-child .line, .pass:first-child summary { padding-top: 2px; }
.pass summary { cursor: pointer; list-style: none; }
.pass summary::-webkit-details-marker { display: none; }
.pass summary .sum::after { content: ''; display: inline-block; width: 6px; height: 6px; margin-left: 8px; border: solid var(--ink-3); border-width: 0 1.5px 1.5px 0; transform: translateY(-3px) rotate(45deg); }
.pass[open] summary .sum::after { transform: translateY(0) rotate(225deg); }
.pass .when { color: var(--ink-3); font-size: 13px; white-space: nowrap; }
.pass .sum { overflow-wrap: anywhere; }
.pass .sum i { font-style: normal; color: var(--ink-3); }
.pass ol { list-style: none; padding: 0 0 12px 22px; font-size: 13px; }
.pass li { display: grid; grid-template-columns: 12px minmax(0, 1fr); gap: 8px; padding-block: 2px; color: var(--ink-2); overflow-wrap: anywhere; }
.pass li .op { font-family: var(--mono); font-weight: 700; text-align: center; }
.pass li .fields { color: var(--ink-3); }
.phases { display: flex; height: 4px; margin: 0 0 8px 22px; border-radius: 2px; overflow: hidden; gap: 1px; }
.phase-text { margin: 0 0 10px 22px; font-size: 12.5px; color: var(--ink-3); }
.detail h2 { font: 600 15px/1.35 var(--mono); overflow-wrap: anywhere; padding-right: 30px; }
.detail { position: relative; border-color: var(--line-strong); }
.detail .close { position: absolute; right: 10px; top: 10px; width: 30px; height: 30px; border: 0; border-radius: 6px; background: none; cursor: pointer; color: var(--ink-2); font-size: 18px; line-height: 1; }
.detail .close:hover { background: var(--sunken); }
.detail .state { display: flex; gap: 8px; align-items: center; margin-bottom: 12px; font-weight: 580; font-size: 14px; }
.detail dl { display: grid; grid-template-columns: 92px minmax(0, 1fr); gap: 7px 12px; font-size: 14px; }
.detail dt { color: var(--ink-3); }
.detail dd { overflow-wrap: anywhere; }
.detail dd .mono { font-size: 13px; }
.detail .why { margin-top: 12px; color: var(--ink-2); font-size: 14px; text-wrap: pretty; }
.detail .command { margin-top: 12px; display: block; padding: 8px 10px; background: var(--sunken); border-radius: 6px; font: 12.5px/1.5 var(--mono); overflow-wrap: anywhere; user-select: all; }
.detail .finding { margin-top: 14px; padding-top: 12px; border-top: 1px solid var(--line); }
footer { display: flex; flex-wrap: wrap; gap: 6px 20px; justify-content: space-between; padding-block: 20px 32px; color: var(--ink-3); font-size: 13px; border-top: 1px solid var(--line); }
footer a { color: var(--ink-2); margin-left: 14px; }
@media (max-width: 640px) {
  .where { display: none; }
  .facts > div { border-left: 0; padding-inline: 0 12px; }
  footer a { margin: 0 14px 0 0; }
}
`;
