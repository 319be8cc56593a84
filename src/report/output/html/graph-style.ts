const steps = [0, 1, 2, 3, 4];

/** Colours of losses and of other numbers; on the two strongest, text is as the ground. */
const paints = [
  ...steps.map(
    (step) =>
      `.network .q${step} > rect, .network rect.q${step} { fill: var(--loss${step}); } .network-legend i.q${step} { background: var(--loss${step}); }`,
  ),
  ...steps.map(
    (step) =>
      `.network .t${step} > rect, .network rect.t${step} { fill: var(--tint${step}); } .network-legend i.t${step} { background: var(--tint${step}); }`,
  ),
  '.network .q3 > text, .network .q4 > text, .network .t3 > text, .network .t4 > text { fill: var(--ground); }',
].join('\n');

/** How boxes and arrows of a network look, on a page and in a file of its own. */
export const graphStyle = `
.network text { font: 11.5px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; fill: var(--text); }
.network .note, .network .value { font-size: 10.5px; }
.network .edges path { fill: none; stroke: var(--muted); stroke-width: 1.2; stroke-linecap: round; stroke-linejoin: round; }
.network .box > rect { fill: var(--ground); stroke: var(--muted); stroke-width: 1; }
.network .join > rect, .network .end > rect { fill: var(--panel); }
.network .join > text, .network .end > text, .network .outside > text { font-size: 10.5px; text-anchor: middle; }
.network .outside > rect { stroke: var(--line); }
.network .outside > text { fill: var(--muted); }
.network .note { text-anchor: end; }
.network .float > rect { stroke: var(--text); stroke-width: 2; stroke-dasharray: 5 3; }
.network .current > rect { stroke: var(--text); stroke-width: 3; }
.network .cell { stroke: var(--muted); stroke-width: .5; fill: var(--ground); }
.network .cell.float { stroke: var(--text); stroke-width: 1.2; stroke-dasharray: 2 1.5; }
${paints}`.trim();

/** What only a page has: room to scroll, links, focus, and the legend. */
export const graphPageStyle = `
.network { overflow-x: auto; padding: 2px 0 4px; }
.network svg { display: block; }
.network a { cursor: pointer; text-decoration: none; }
.network a:hover > rect, .network [data-node]:hover > rect { stroke: var(--text); stroke-width: 2; }
.network .box:focus { outline: none; }
.network .box:focus-visible > rect { stroke: var(--size0); stroke-width: 3; }
.network-part { margin: 6px 0; }
.network-part > .network { margin-top: 6px; }
.network-legend { display: flex; flex-wrap: wrap; gap: 2px 14px; align-items: center; margin: 0 0 8px; font-size: 12.5px; color: var(--muted); min-height: 19px; }
.network-legend span { display: inline-flex; gap: 6px; align-items: center; }
.network-legend i { width: 22px; height: 12px; border: 1px solid var(--muted); border-radius: 3px; }
.network-legend i.float { border: 2px dashed var(--text); }
@media print { .network { overflow: visible; } .network svg { max-width: 100%; height: auto; } .network-part:not([open]) { display: none; } }
`.trim();
