import type { TopLevelSpec } from 'vega-lite';
import type { PageFigure } from '../figure.js';
import { cutMiddle } from '../../cut-middle.js';
import { significantText } from '../../number-text.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import type { Row } from '../../query.js';
import { numberOf, sqlText, textOf } from '../../query.js';
import { color } from '../../charts/theme.js';
import { layerLink, linkCursor } from '../../charts/interaction.js';
import { layerAxis, layerNames, layersHeight, layerTooltip } from '../../charts/layer-axis.js';

/** What bias correction took off each layer. */
export const trialBias: PageFigure<TrialPageFacts> = {
  id: 'bias',
  section: 'layers',
  name: 'bias correction',
  title: () => 'Bias correction of each layer',
  sql: ({ sweep, trial }) =>
    `SELECT position, layer, correction_max FROM v_bias_correction
WHERE sweep = ${sqlText(sweep.sweep.name)} AND trial = ${trial.trial} ORDER BY position`,
  build: (rows) => {
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'The biases are as in the model: quantization.biasCorrection.method: empirical corrects them.',
        brief: 'quantization.biasCorrection',
      };
    }
    const largest = rows.reduce((most, row) =>
      numberOf(row, 'correction_max') > numberOf(most, 'correction_max') ? row : most,
    );
    const caption = `The mean error that was subtracted from each layer’s bias. Largest: ${cutMiddle(textOf(largest, 'layer'), 40)}, ${significantText(numberOf(largest, 'correction_max'), 3)}.`;
    return {
      kind: 'charts',
      controls: [],
      caption,
      details: 'Drawn: the largest magnitude over the layer’s output channels, in units of its output.',
      panels: [{ title: '', alt: `Bars of the bias correction of each layer. ${caption}`, spec: chart(rows) }],
    };
  },
};

function chart(rows: readonly Row[]): TopLevelSpec {
  return {
    description: 'Bias correction of each layer',
    data: { name: 'rows' },
    width: 'container',
    height: layersHeight(rows),
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    params: [{ name: 'layerNames', value: { ...layerNames(rows) } }],
    mark: { type: 'bar', color: color('corrected'), height: { band: 0.6 }, ...linkCursor },
    encoding: {
      ...layerLink,
      y: layerAxis,
      x: {
        field: 'correction_max',
        type: 'quantitative',
        title: 'largest correction, units of the layer’s output',
        axis: { format: '~g', tickCount: 5 },
      },
      tooltip: [layerTooltip, { field: 'correction_max', title: 'largest correction', format: '.4~g' }],
    },
  };
}
