/**
 * What pages of a server have beyond the report's style sheet: the bar of progress, agents, and the
 * line that says how current the page is.
 */
export const liveStyle = `
#live { margin: 0 0 28px; }
#live figure, #live > .absent { margin: 12px 0 16px; }
.progress .bar { display: block; width: 100%; height: 12px; border-radius: 4px; background: var(--panel); border: 1px solid var(--line); margin: 0 0 8px; }
.bar .done { fill: var(--size1); }
.bar .stopped { fill: var(--size1); opacity: .5; }
.bar .failed { fill: var(--warn-line); }
.bar .running { fill: var(--size1); opacity: .35; }
.progress .counts { font-size: 14px; margin: 0; }
.progress b { font-weight: 650; }
.agents .counts { font-size: 14px; margin: 0 0 8px; }
.agents .rows { border: 1px solid var(--line); border-radius: 5px; overflow: clip; }
.agents table { table-layout: fixed; }
.agents th, .agents td { overflow-wrap: anywhere; }
.agents th.who { width: 34%; } .agents th.state { width: 92px; } .agents th.slots { width: 96px; } .agents th.seen { width: 120px; }
.agents td.who { min-width: 0; }
.agents td.slots, .agents td.seen { white-space: nowrap; }
.agents .label, .agents .machine, .agents .where, .agents .error, .agents td.seen, .agents .waiting .work { color: var(--muted); }
.agents .machine, .agents .where, .agents .error { font-size: 12.5px; }
.agents b { font-weight: 620; }
.agents b, .agents .label { unicode-bidi: isolate; }
.agents .machine span { display: inline-block; max-width: 100%; }
.agents .label::before { content: "·"; padding: 0 5px 0 1px; }
.agents .machine span:not(:last-child)::after { content: "·"; padding: 0 1px 0 5px; }
.agents ul { list-style: none; margin: 0; padding: 0; }
.agents li { display: flex; flex-wrap: wrap; gap: 0 10px; align-items: baseline; }
.agents p { margin: 0; }
.agents td * + p { margin-top: 3px; }
.agents .activity { display: inline-block; padding: 0 8px; border-radius: 9px; font-size: 12px; line-height: 18px; white-space: nowrap; background: var(--panel); }
.agents .at-work .activity { background: var(--good); }
.agents .unfit .activity, .agents .lost .activity { background: var(--warn); box-shadow: inset 0 0 0 1px var(--warn-line); }
.agents .more { margin: 8px 0 0; } .agents .more .rows { margin-top: 6px; }
.logs details { margin: 4px 0; }
.logs > details > summary { color: var(--text); max-width: 100%; }
.logs > details code { font-weight: 620; }
.logs > details span { color: var(--muted); }
.logs .tail { display: flex; flex-direction: column-reverse; max-height: 320px; overflow: auto; border: 1px solid var(--line); border-radius: 5px; background: var(--panel); }
.logs pre { flex: none; overflow: visible; max-height: none; margin: 0; padding: 8px 10px; font-size: 12.5px; line-height: 1.45; white-space: pre-wrap; border: 0; }
.logs p { color: var(--muted); font-size: 13.5px; margin: 0; }
@media (max-width: 760px) {
  .agents thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .agents table, .agents tbody { display: block; }
  .agents tbody tr { display: grid; grid-template-columns: minmax(0, 1fr) 78px 76px 104px; gap: 2px 12px; padding: 8px 10px; border-bottom: 1px solid var(--line); align-items: baseline; }
  .agents tbody tr:last-child { border-bottom: 0; }
  .agents tbody td { display: block; padding: 0; border: 0; }
  .agents td.work { grid-column: 1 / -1; grid-row: 2; }
  .agents td.work:has(> .none) { display: none; }
  .agents td.slots::after { content: " slots"; }
  .agents td.seen { text-align: right; }
}
@media (max-width: 560px) {
  .agents tbody tr { grid-template-columns: minmax(0, 1fr) auto; }
  .agents td.state { text-align: right; }
  .agents td.slots, .agents td.seen { grid-row: 3; }
}
.live-line { position: sticky; bottom: 0; z-index: 5; display: flex; flex-wrap: wrap; gap: 0 8px; align-items: center; width: fit-content; max-width: 100%; margin: 0 0 0 auto; padding: 4px 12px; border-radius: 5px 0 0 0; background: var(--panel); border: 1px solid var(--line); font-size: 12.5px; color: var(--muted); }
.live-line::before { content: ""; width: 9px; height: 9px; flex: none; border-radius: 50%; border: 2px solid var(--size1); background: var(--size1); }
.live-line.lost { flex-wrap: nowrap; align-items: baseline; color: var(--text); background: var(--warn); border-color: var(--warn-line); }
.live-line.lost::before { background: none; border-color: var(--warn-line); }
@media print { .live-line { display: none; } }
`.trim();
