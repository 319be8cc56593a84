import type { PageFigure } from '../figure.js';
import type { LiveSweep } from '../../facts/live-facts.js';
import { countText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, sqlText, textOf } from '../../query.js';

/** Stages shown at most. */
const mostStages = 20;

/** The shared stages that are not done, those at work first. */
export const openStages: PageFigure<LiveSweep> = {
  id: 'live-stages',
  section: 'live',
  title: () => 'Shared stages',
  sql: ({ name }) => {
    const sweep = sqlText(name);
    return `WITH open AS (
SELECT s.stage, s.kind, s.status,
       (SELECT count(DISTINCT a.part) FROM v_attempt a WHERE a.stage = s.stage AND a.status = 'done') AS parts_done,
       (SELECT count(*) FROM v_attempt a WHERE a.stage = s.stage AND a.status = 'running'
          AND a.attempt >= (SELECT run_attempt FROM v_sweep WHERE sweep = ${sweep})) AS parts_running
FROM v_stage s WHERE s.sweep = ${sweep} AND s.status <> 'done')
SELECT stage, kind, status, parts_done, parts_running, (SELECT count(*) FROM open) AS open,
       (SELECT count(*) FROM v_stage WHERE sweep = ${sweep}) AS stages
FROM open ORDER BY status = 'failed', parts_running = 0, stage LIMIT ${mostStages}`;
  },
  build: (rows, live) => {
    const [first] = rows;
    if (first === undefined) return { kind: 'absent', note: 'All shared stages are done.', holdsWhilePending: true };
    const [open, stages] = [numberOf(first, 'open'), numberOf(first, 'stages')];
    const rest = open > rows.length ? ` The table has ${rows.length} of the ${open} that are not.` : '';
    return {
      kind: 'table',
      sortable: false,
      caption: `${stages - open} of ${countText(stages, 'stage')} done; trials start when the stages that they need are.${rest}`,
      emphasis: (row) => (textOf(row, 'status') === 'failed' ? 'failed' : null),
      columns: [
        { title: 'stage', field: 'kind', align: 'left', text: (row) => textOf(row, 'kind') },
        { title: 'state', field: 'status', align: 'left', text: (row) => stateOf(row, live) },
        {
          title: 'parts done',
          field: 'parts_done',
          align: 'right',
          text: (row) => String(numberOf(row, 'parts_done')),
        },
        {
          title: 'parts at work',
          field: 'parts_running',
          align: 'right',
          text: (row) => String(live.isRun ? numberOf(row, 'parts_running') : 0),
        },
      ],
    };
  },
};

function stateOf(row: Row, { isRun }: LiveSweep): string {
  if (textOf(row, 'status') === 'failed') return 'failed';
  if (isRun && numberOf(row, 'parts_running') > 0) return 'running';
  return 'pending';
}
