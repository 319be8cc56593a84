import { themeTokens } from '../../charts/theme-tokens.js';
import { graphPageStyle, graphStyle } from './graph-style.js';

function variables(mode: 'light' | 'dark'): string {
  return Object.entries(themeTokens)
    .map(([name, value]) => `--${name}: ${value[mode]};`)
    .join(' ');
}

/**
 * The page's style sheet: system fonts, one column of figures, two on a wide screen's first screen,
 * light and dark.
 */
export const pageStyle = `
:root { color-scheme: light dark; ${variables('light')} --panel: #f6f7f8; --line: #dfe2e6; --warn: #fff3d6; --warn-line: #d9a400; --good: #e5f2ec; --bad: #fbe6dc; }
@media (prefers-color-scheme: dark) { :root { ${variables('dark')} --panel: #1e2126; --line: #343941; --warn: #3a3018; --warn-line: #c79a2a; --good: #1d3329; --bad: #40261b; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.page { max-width: 1240px; margin: 0 auto; padding: 28px 24px 64px; }
h1 { font-size: 26px; line-height: 1.25; font-weight: 650; margin: 0 0 4px; letter-spacing: -0.01em; max-width: 46em; text-wrap: balance; }
h2 { font-size: 19px; line-height: 1.3; font-weight: 650; margin: 0 0 4px; padding-top: 10px; border-top: 2px solid var(--text); }
h3 { font-size: 15.5px; line-height: 1.35; font-weight: 620; margin: 0 0 2px; }
h4 { font-size: 13px; font-weight: 600; color: var(--muted); margin: 0 0 4px; }
p { margin: 0 0 8px; }
a { color: var(--size0); }
.crumbs ol { list-style: none; display: flex; flex-wrap: wrap; margin: 0 0 8px; padding: 0; font-size: 13px; color: var(--muted); }
.steps ul { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 24px; margin: 10px 0; padding: 0; font-size: 13px; color: var(--muted); overflow-wrap: anywhere; }
.crumbs li + li::before { content: "/"; padding: 0 8px; }
.neighbours { display: flex; flex-wrap: wrap; gap: 2px 26px; font-size: 13.5px; margin: 0 0 10px; }
.about { color: var(--muted); font-size: 13.5px; margin: 0 0 18px; }
.about span + span::before { content: "·"; padding: 0 7px; }
.notes { margin: 0 0 12px; font-size: 14px; } .notes ul { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 0 0 4px; padding: 0; } .notes .tag { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 0 9px; font-size: 12.5px; } .notes time { color: var(--muted); font-size: 12.5px; }
.warning { background: var(--warn); border-left: 4px solid var(--warn-line); padding: 9px 14px; margin: 0 0 18px; border-radius: 3px; }
.first { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 8fr); gap: 20px 36px; align-items: start; }
.headline { font-size: 18.5px; line-height: 1.45; margin: 0 0 14px; }
.headline strong, .findings strong { font-weight: 650; }
.findings { list-style: none; margin: 0 0 18px; padding: 0; }
.findings li { padding: 7px 0; border-top: 1px solid var(--line); font-size: 14px; line-height: 1.45; }
.recommendation { background: var(--good); border-left: 4px solid var(--smoothed); border-radius: 3px; padding: 8px 12px; margin: 0 0 14px; font-size: 14px; line-height: 1.45; } .recommendation p { margin: 0; } .recommendation .on-target:not(:first-child) { margin-top: 9px; } .recommendation .named { color: var(--muted); font-size: 13px; overflow-wrap: anywhere; }
.lacks { list-style: none; margin: 0 0 14px; padding: 0; font-size: 13px; color: var(--muted); } .answer { font-size: 15.5px; max-width: 84ch; }
.contents { font-size: 13.5px; margin: -10px 0 18px; } .contents a { margin-right: 18px; }
.tiles { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; margin: 0 0 12px; }
@media (min-width: 560px) { .first > div + div .tiles { grid-template-columns: repeat(4, minmax(0, 1fr)); } }
.tile { background: var(--panel); border-radius: 5px; padding: 9px 12px 10px; border-left: 4px solid var(--line); min-width: 0; }
.tile b { display: block; font-size: 20px; line-height: 1.25; font-weight: 650; white-space: nowrap; }
.tile span { display: block; font-size: 12.5px; color: var(--muted); line-height: 1.35; }
.tile.fp32 { border-color: var(--fp32); } .tile.unsmoothed { border-color: var(--unsmoothed); } .tile.best { border-color: var(--smoothed); } .tile.done { border-color: var(--size1); } .tile.side-a { border-color: var(--sideA); } .tile.side-b { border-color: var(--sideB); }
section { margin: 40px 0 0; }
figure { margin: 18px 0 30px; min-width: 0; }
.first figure { margin: 0 0 26px; }
figcaption, .caption { color: var(--muted); font-size: 13px; line-height: 1.45; margin: 0 0 8px; max-width: 92ch; }
.explained p { color: var(--muted); line-height: 1.45; margin: 2px 0 8px; max-width: 92ch; }
.controls label { display: flex; flex-wrap: wrap; gap: 0 6px; align-items: center; min-width: 0; max-width: 100%; }
.controls { display: flex; flex-wrap: wrap; gap: 6px 16px; margin: 4px 0 8px; font-size: 13px; color: var(--muted); }
select, button { font: inherit; font-size: 13px; color: var(--text); background: var(--panel); border: 1px solid var(--line); border-radius: 4px; padding: 3px 7px; max-width: 100%; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--size0); outline-offset: 2px; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 14px 28px; }
.panels.compact { grid-template-columns: repeat(auto-fill, minmax(min(100%, 200px), 1fr)); gap: 10px 18px; }
.chart { width: 100%; min-height: 120px; overflow: hidden; }
.chart svg { display: block; max-width: 100%; }
.absent { color: var(--muted); font-size: 13.5px; border-left: 3px solid var(--line); padding: 4px 12px; margin: 12px 0; }
.absent b { font-weight: 600; }
.not-shown { margin: 40px 0 0; padding-top: 10px; border-top: 1px solid var(--line); font-size: 13.5px; } .not-shown > summary { width: auto; line-height: 1.45; }
details { font-size: 13px; margin: 4px 0 0; }
.sources { display: flex; flex-wrap: wrap; gap: 2px 18px; }
.sources details[open] { flex-basis: 100%; min-width: 0; }
summary { cursor: pointer; color: var(--muted); width: fit-content; }
summary:hover { color: var(--text); }
pre { background: var(--panel); border-radius: 5px; padding: 10px 12px; margin: 6px 0; font: 12px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre-wrap; max-height: 420px; overflow: auto; }
.scroll { overflow: auto; max-height: 78vh; border: 1px solid var(--line); border-radius: 5px; background: linear-gradient(var(--ground), var(--ground)) 0 0 / 20px 100% no-repeat local, linear-gradient(var(--ground), var(--ground)) 100% 0 / 20px 100% no-repeat local, linear-gradient(to right, var(--muted), transparent) 0 0 / 8px 100% no-repeat scroll, linear-gradient(to left, var(--muted), transparent) 100% 0 / 8px 100% no-repeat scroll; }
.scroll.data { max-height: 420px; margin: 6px 0; }
table { border-collapse: collapse; width: 100%; font-size: 13px; line-height: 1.35; }
th, td { padding: 5px 10px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: normal; }
td.long { min-width: 15em; overflow-wrap: anywhere; }
td.long.wide { min-width: min(32em, 75vw); }
tbody tr:last-child td { border-bottom: 0; }
th { position: sticky; top: 0; background: var(--panel); font-weight: 600; white-space: nowrap; z-index: 1; }
th button { border: 0; background: none; padding: 0; font: inherit; font-weight: 600; color: inherit; white-space: nowrap; }
th[aria-sort] button::after { content: "\\2195"; opacity: 0.35; padding-left: 4px; }
th[aria-sort=ascending] button::after { content: "\\2191"; opacity: 1; }
th[aria-sort=descending] button::after { content: "\\2193"; opacity: 1; }
.right { text-align: right; white-space: nowrap; }
td:first-child { min-width: min(13em, 30vw); }
.whole { white-space: nowrap; }
td.code { white-space: nowrap;  font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 12px; }
tr.best td { background: var(--good); font-weight: 600; }
tr.varied td { font-weight: 600; }
tr.failed td { background: var(--bad); }
.tooltip { position: fixed; z-index: 9; pointer-events: none; visibility: hidden; max-width: min(340px, 90vw); background: var(--ground); color: var(--text); border: 1px solid var(--muted); border-radius: 5px; padding: 6px 10px; font-size: 12.5px; box-shadow: 0 3px 12px rgb(0 0 0 / 0.25); }
.tooltip td:first-child { min-width: 0; } .tooltip table { width: auto; } .tooltip td { border: 0; padding: 1px 0 1px 10px; overflow-wrap: anywhere; } .tooltip td:first-child { color: var(--muted); padding-left: 0; white-space: nowrap; }
.cards { margin-top: 8px; }
.card { display: grid; grid-template-columns: minmax(0, 7fr) minmax(0, 5fr); gap: 8px 32px; padding: 16px 0 12px; border-top: 1px solid var(--line); }
.cards h2 + .card { border-top: 0; }
.card h3 { font-size: 17px; display: flex; flex-wrap: wrap; gap: 2px 12px; align-items: baseline; }
.card .question { color: var(--muted); margin: 0 0 6px; max-width: 80ch; }
.card figure { margin: 0; } .card figure h3 { font-size: 12.5px; color: var(--muted); font-weight: 500; } .card figcaption { font-size: 12px; margin: 0 0 4px; }
.status { font-size: 12px; font-weight: 500; padding: 1px 8px; border-radius: 9px; background: var(--panel); color: var(--muted); } .status.incomplete { background: var(--warn); color: var(--text); }
.numbers { display: flex; flex-wrap: wrap; gap: 6px 22px; margin: 0 0 6px; }
.numbers div { border-left: 3px solid var(--line); padding-left: 8px; } .numbers dt { font-size: 12px; color: var(--muted); } .numbers dd { margin: 0; font-weight: 600; white-space: nowrap; }
.numbers .best { border-color: var(--smoothed); } .numbers .fp32 { border-color: var(--fp32); } .numbers .unsmoothed { border-color: var(--unsmoothed); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
footer { margin-top: 48px; padding-top: 10px; border-top: 1px solid var(--line); color: var(--muted); font-size: 12.5px; }
@media (max-width: 860px) { .card { grid-template-columns: minmax(0, 1fr); } .first { grid-template-columns: minmax(0, 1fr); } .page { padding: 18px 14px 48px; } h1 { font-size: 22px; } .headline { font-size: 17px; } }
@media (max-width: 860px) and (min-width: 560px) { .tiles { grid-template-columns: repeat(4, minmax(0, 1fr)); } }
${graphStyle}
${graphPageStyle}
@media print {
  :root { ${variables('light')} --panel: #f6f7f8; --line: #cfd3d8; --good: #e5f2ec; --bad: #fbe6dc; --warn: #fff3d6; }
  body { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .page { max-width: none; padding: 0; }
  nav, .controls, .sources, button.copy, .behind, details:not([open], .not-shown) { display: none; }
  a { color: inherit; text-decoration: none; }
  .not-shown { margin-top: 20px; } .not-shown > :not(summary) { display: none; } .not-shown > summary { display: block; }
  th { position: static; } th button { display: contents; } th[aria-sort] button::after { content: none; }
  .scroll { max-height: none; overflow: visible; border: 0; background: none; }
  table { font-size: 9px; } th, td { padding: 2px 4px; }
  section { margin-top: 24px; } figure { margin: 12px 0 20px; }
  figure, .panels > div, .chart, .tile, .recommendation, li, tr, .warning { break-inside: avoid; }
  figure.wide { break-inside: auto; }
  h2, h3, h4, figcaption { break-after: avoid; }
}
`.trim();
