import type { TopLevelSpec } from 'vega-lite';
import type { PageFigure } from '../figure.js';
import { cutMiddle } from '../../cut-middle.js';
import { lossModeName } from '../../loss-names.js';
import { significantText } from '../../number-text.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../../query.js';
import { color } from '../../charts/theme.js';
import { drawnLoss, drawnLossParams } from '../../charts/drawn-loss.js';
import { layerLink, linkCursor } from '../../charts/interaction.js';
import { layerAxis, layerNames, layersHeight, layerTooltip } from '../../charts/layer-axis.js';
import { chartHeading } from '../../charts/linked-charts.js';
import { lossColumnsOf, lossControls, quantizedText, storedModes } from '../loss-controls.js';
import { drawnRanges, lossMeasures } from '../../charts/loss-measures.js';

/**
 * Loss of each layer of the trial, beside that of the unsmoothed trial with equal settings else.
 */
export const trialLosses: PageFigure<TrialPageFacts> = {
  id: 'losses',
  section: 'layers',
  name: 'layer losses',
  title: () => 'Loss of each layer',
  sql: ({ sweep, trial, unsmoothed }) =>
    `SELECT iif(trial = ${trial.trial}, 'this', 'unsmoothed') AS which, position, layer, op, mode, layer_alpha,
       ${lossColumnsOf(4).join(', ')}
FROM v_layer_loss WHERE sweep = ${sqlText(sweep.sweep.name)} AND trial IN (${[trial.trial, ...(unsmoothed === null ? [] : [unsmoothed])].join(', ')})
ORDER BY mode, position, which`,
  build: (rows, facts) => {
    const own = rows.filter((row) => row['which'] === 'this');
    if (own.length === 0) {
      return {
        kind: 'absent',
        note:
          facts.trial.role === 'fp32'
            ? 'Losses are measured against this trial, so it has none.'
            : 'No layer losses are stored: loss.modes: [accumulated] in the experiment adds them with the first finished run.',
        brief: facts.trial.role === 'fp32' ? 'FP32 has none' : 'loss.modes',
      };
    }
    const mode = storedModes(rows)[0]?.value ?? 'accumulated';
    const caption = captionText(own, rows, mode);
    return {
      kind: 'charts',
      controls: lossControls(rows),
      caption,
      details: `Layers from input (top) to output; the line leads from the unsmoothed loss to this trial’s. ${quantizedText}`,
      panels: [{ title: '', alt: `Dot plot of the loss of each layer. ${caption}`, spec: chart(rows, mode) }],
    };
  },
};

function captionText(own: readonly Row[], rows: readonly Row[], mode: string): string {
  const shown = own.filter((row) => row['mode'] === mode);
  const worst = shown.reduce((most, row) => (numberOf(row, 'l1') > numberOf(most, 'l1') ? row : most));
  const before = new Map(
    rows
      .filter((row) => row['which'] === 'unsmoothed' && row['mode'] === mode)
      .map((row) => [numberOf(row, 'position'), numberOrNull(row, 'l1')]),
  );
  const pairs = shown.flatMap((row) => {
    const other = before.get(numberOf(row, 'position')) ?? null;
    return other === null ? [] : [numberOf(row, 'l1') - other];
  });
  const better = pairs.filter((difference) => difference < 0).length;
  const against = pairs.length === 0 ? '' : ` Smoothing lowers it in ${better} of ${pairs.length} layers.`;
  return `Error of each layer’s own output against FP32. Largest L1 of the ${lossModeName(mode)}: ${cutMiddle(textOf(worst, 'layer'), 30)}, ${significantText(numberOf(worst, 'l1'), 3)}.${against}`;
}

function chart(rows: readonly Row[], mode: string): TopLevelSpec {
  const kinds = rows.some((row) => row['which'] === 'unsmoothed') ? ['unsmoothed', 'this trial'] : ['this trial'];
  const colors = kinds.map((kind) => color(kind === 'unsmoothed' ? 'unsmoothed' : 'smoothed'));
  const x = {
    field: 'drawn',
    type: 'quantitative' as const,
    title: null,
    scale: { ...drawnLoss.scale, padding: 10 },
    axis: { values: drawnLoss.ticks, labelExpr: drawnLoss.labelExpr, labelOverlap: 'greedy' as const },
  };
  return {
    description: 'Loss of each layer',
    data: { name: 'rows' },
    title: chartHeading({ expr: drawnLoss.axisTitle }),
    width: 'container',
    height: layersHeight(rows),
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    params: [...drawnLossParams(mode, drawnRanges(rows)), { name: 'layerNames', value: { ...layerNames(rows) } }],
    transform: [
      ...drawnLoss.transform,
      { calculate: "datum.which == 'this' ? 'this trial' : 'unsmoothed'", as: 'of' },
      { filter: 'isValid(datum.drawn)' },
    ],
    layer: [
      {
        mark: { type: 'line', color: color('muted'), strokeWidth: 1.5 },
        encoding: { x, y: layerAxis, detail: { field: 'position' } },
      },
      {
        mark: { type: 'point', filled: true, size: 55, ...linkCursor },
        encoding: {
          ...layerLink,
          x,
          y: layerAxis,
          color: { field: 'of', type: 'nominal', title: null, scale: { domain: kinds, range: colors } },
          shape: {
            field: 'of',
            type: 'nominal',
            title: null,
            scale: { domain: kinds, range: kinds.length === 2 ? ['circle', 'diamond'] : ['diamond'] },
          },
          tooltip: [
            layerTooltip,
            { field: 'of', title: 'of' },
            { field: 'layer_alpha', title: 'alpha of the layer', type: 'nominal' },
            ...lossMeasures.map(({ field, name, format }) => ({ field, title: name, format })),
          ],
        },
      },
    ],
  };
}
