import type { PageFigure } from '../../figure.js';
import { significantText } from '../../number-text.js';
import type { ComparisonPageFacts } from '../../pages/comparison-page.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../../query.js';

/** Loss of each layer in both trials. */
export const comparisonLosses: PageFigure<ComparisonPageFacts> = {
  id: 'losses',
  section: 'layers',
  title: () => 'Loss of each layer in both',
  sql: ({ sweep, trial, other }) =>
    `SELECT a.position, a.layer, a.l1, b.l1 AS other_l1
FROM v_layer_loss a
JOIN v_layer_loss b ON b.sweep = a.sweep AND b.trial = ${other.trial} AND b.layer = a.layer AND b.mode = a.mode
WHERE a.sweep = ${sqlText(sweep.sweep.name)} AND a.trial = ${trial.trial} AND a.mode = 'accumulated' ORDER BY a.position`,
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
            {
              title: 'other',
              field: 'other_l1',
              align: 'right',
              text: (row) => significantText(numberOrNull(row, 'other_l1')),
            },
          ],
        },
};
