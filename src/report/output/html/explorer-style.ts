/**
 * Tables that readers explore: what stands above and below them, and trials side by side. After the
 * page's own style.
 */
export const explorerStyle = `
input { font: inherit; font-size: 13px; color: var(--text); background: var(--ground); border: 1px solid var(--line); border-radius: 4px; padding: 3px 7px; max-width: 100%; accent-color: var(--size0); }
button:disabled { color: var(--muted); cursor: default; }
[hidden] { display: none !important; }
.explorer { display: block; }
.explorer .line { display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: center; margin: 0 0 6px; }
.explorer label { white-space: nowrap; max-width: 100%; }
.explorer select { max-width: 11em; }
.explorer select.chosen { border-color: var(--size0); box-shadow: inset 0 0 0 1px var(--size0); }
.explorer input[type=search] { width: 15em; }
.explorer .count { color: var(--text); font-weight: 600; min-width: 7.5em; }
.explorer [aria-pressed=true] { border-color: var(--size0); box-shadow: inset 0 0 0 1px var(--size0); }
.explorer .columns { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center; margin: 0 0 8px; padding: 4px 12px 8px; border: 1px solid var(--line); border-radius: 5px; }
.explored th { white-space: normal; vertical-align: bottom; line-height: 1.2; }
.explored th button { white-space: normal; text-align: inherit; line-height: 1.2; }
.explored td { white-space: nowrap; }
.explored td.status { white-space: normal; max-width: 22em; overflow-wrap: anywhere; }
.explored tr.failed td.status { min-width: 20em; }
.explored td.code { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 12px; }
.explored td:first-child { min-width: 0; }
.explored td.trial { width: 100%; min-width: 190px; max-width: 0; overflow: hidden; text-overflow: ellipsis; }
.explored td.trial a, .explored td.trial span { overflow-wrap: normal; }
.explored .noted { color: var(--muted); cursor: help; }
.explored td:first-child:has(input) { width: 30px; padding-right: 2px; }
.explored td input { display: block; margin: 2px 0 0; }
.explored tr.selected td:first-child { box-shadow: inset 3px 0 0 var(--size0); }
.explored tr.best td { font-weight: inherit; } .explored tr.best td.trial { font-weight: 600; }
.pager { display: flex; flex-wrap: wrap; gap: 6px 10px; align-items: center; margin: 8px 0 0; font-size: 13px; color: var(--muted); }
.pager:empty, .compared:empty { display: none; }
.compared { margin: 14px 0 6px; padding: 10px 14px 4px; border: 1px solid var(--line); border-left: 4px solid var(--size0); border-radius: 5px; }
.compared table { width: auto; min-width: min(100%, 520px); }
.compared th { position: static; } .compared tbody th { background: none; border-bottom: 1px solid var(--line); font-weight: 500; white-space: nowrap; vertical-align: top; }
.compared thead th { min-width: 9em; max-width: 17em; overflow-wrap: anywhere; }
.compared small { color: var(--muted); font-weight: 400; }
.compared figure.lines { margin: 14px 0 10px; }
.lines { overflow-x: auto; } .lines > svg { display: block; width: 100%; min-width: 560px; max-width: 980px; height: auto; font-size: 12px; } .lines li svg { width: 30px; height: 10px; vertical-align: middle; }
.lines text { fill: var(--muted); } .lines .grid { stroke: var(--line); } .lines .line { fill: none; stroke-width: 2; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 20px; margin: 0 0 6px; padding: 0; font-size: 13px; }
button.csv { font-size: 12px; padding: 0 7px; margin: 4px 0 0; align-self: start; }
@media (max-width: 700px) { .explored td.trial { min-width: 150px; max-width: 170px; width: auto; white-space: normal; overflow: visible; } .explored td.trial a, .explored td.trial span { overflow-wrap: anywhere; } .explored .scroll { max-height: 85vh; } .explorer label { white-space: normal; } .explorer .line { gap: 6px 10px; } }
@media print { .explorer, .pager, button.csv, .explored td:first-child:has(input), .explored th:first-child:has(.hidden) { display: none; } .explored td.trial { max-width: none; white-space: normal; } }
`.trim();
