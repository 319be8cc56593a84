import type { PageFigure } from '../../figure.js';
import { significantText } from '../../number-text.js';
import type { LayerPageFacts } from '../../pages/layer-page-facts.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../../query.js';

/** Loss of the layer in each trial. */
export const layerLosses: PageFigure<LayerPageFacts> = {
  id: 'losses',
  section: 'loss',
  title: () => 'Loss in each trial',
  sql: ({ sweep, layer }) =>
    `SELECT trial, label, alpha_mode, trial_alpha, layer_alpha, calibration_batches, l1, rel_l1, sqnr_db
FROM v_layer_loss WHERE sweep = ${sqlText(sweep.sweep.name)} AND layer = ${sqlText(layer.name)} AND mode = 'accumulated' ORDER BY trial`,
  build: (rows, { sweep }) =>
    rows.length === 0
      ? { kind: 'absent', note: 'No layer losses are stored: loss.modes: [accumulated] in the experiment brings them.' }
      : {
          kind: 'table',
          sortable: true,
          caption: 'On the layer’s own output, with the whole network quantized.',
          columns: [
            {
              title: 'setting',
              field: 'trial',
              align: 'left',
              text: (row) => textOf(row, 'label'),
              href: (row) => sweep.links.trial(numberOf(row, 'trial')),
            },
            { title: 'L1', field: 'l1', align: 'right', text: (row) => significantText(numberOrNull(row, 'l1')) },
          ],
        },
};
