/**
 * What pages of a server have beyond the report's style sheet: the bar of progress and the line
 * that says how current they are.
 */
export const liveStyle = `
#live { margin: 0 0 28px; }
#live figure, #live > .absent { margin: 12px 0 16px; }
.progress .bar { display: block; width: 100%; height: 12px; border-radius: 4px; background: var(--panel); border: 1px solid var(--line); margin: 0 0 8px; }
.bar .done { fill: var(--size1); }
.bar .stopped { fill: var(--size1); opacity: .5; }
.bar .failed { fill: var(--warn-line); }
.progress .counts { font-size: 14px; margin: 0; }
.progress b { font-weight: 650; }
.live-line { position: sticky; bottom: 0; z-index: 5; display: flex; flex-wrap: wrap; gap: 0 8px; align-items: center; width: fit-content; max-width: 100%; margin: 0 0 0 auto; padding: 4px 12px; border-radius: 5px 0 0 0; background: var(--panel); border: 1px solid var(--line); font-size: 12.5px; color: var(--muted); }
.live-line::before { content: ""; width: 9px; height: 9px; flex: none; border-radius: 50%; border: 2px solid var(--size1); background: var(--size1); }
.live-line.lost { flex-wrap: nowrap; align-items: baseline; color: var(--text); background: var(--warn); border-color: var(--warn-line); }
.live-line.lost::before { background: none; border-color: var(--warn-line); }
@media print { .live-line { display: none; } }
`.trim();
