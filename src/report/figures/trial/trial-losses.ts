import type { PageFigure } from '../../figure.js';
import { significantText } from '../../number-text.js';
import type { TrialPageFacts } from '../../pages/trial-page.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../../query.js';

/** Loss of each layer of the trial. */
export const trialLosses: PageFigure<TrialPageFacts> = {
  id: 'losses',
  section: 'layers',
  title: () => 'Loss of each layer',
  sql: ({ sweep, trial }) =>
    `SELECT position, layer, op, mode, layer_alpha, l1, rel_l1, mse, sqnr_db, cosine, max_abs
FROM v_layer_loss WHERE sweep = ${sqlText(sweep.sweep.name)} AND trial = ${trial.trial} AND mode = 'accumulated' ORDER BY position`,
  build: (rows, { sweep, trial }) =>
    rows.length === 0
      ? { kind: 'absent', note: 'No layer losses are stored: loss.modes: [accumulated] in the experiment brings them.' }
      : {
          kind: 'table',
          sortable: true,
          caption: 'On each layer’s own output, with the whole network quantized.',
          columns: [
            {
              title: 'layer',
              field: 'position',
              align: 'left',
              text: (row) => textOf(row, 'layer'),
              href: (row) => (trial.model === null ? null : sweep.links.layer(trial.model, numberOf(row, 'position'))),
            },
            { title: 'L1', field: 'l1', align: 'right', text: (row) => significantText(numberOrNull(row, 'l1')) },
          ],
        },
};
