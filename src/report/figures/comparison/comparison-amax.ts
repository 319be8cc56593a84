import type { ComparedTrials } from '../../facts/compared-trials.js';
import { layersApart, ofBoth } from '../../facts/compared-trials.js';
import type { PageFigure } from '../figure.js';
import { cutMiddle } from '../../cut-middle.js';
import { significantText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, textOf } from '../../query.js';
import { legendHint } from '../../charts/interaction.js';
import { trialsLacking } from './comparison-losses.js';
import { layerDumbbell } from './layer-dumbbell.js';

/** Ranges of the input and weight quantizers of each layer in both trials. */
export const comparisonAmax: PageFigure<ComparedTrials> = {
  id: 'amax',
  section: 'ranges',
  name: 'ranges',
  title: () => 'Ranges of the quantizers in both',
  sql: (facts) =>
    `SELECT trial, role, position, layer, granularity, bits, layer_alpha, amax, amax_unsmoothed, scale
FROM v_amax WHERE ${ofBoth(facts)} ORDER BY role, position, trial`,
  build: (rows, facts) => {
    const note = layersApart(facts) ?? trialsLacking(rows, facts);
    if (note !== null) return { kind: 'absent', note };
    return {
      kind: 'charts',
      controls: [],
      caption: `amax, the range that a quantizer’s levels cover, with smoothing. ${widestText(rows, facts)}`,
      details: `amax is in units of the tensor; smaller is finer. A layer that one of the two keeps in float has one dot. ${legendHint}`,
      panels: (['input', 'weight'] as const).flatMap((role) => {
        const own = rows.filter((row) => row['role'] === role);
        const shown = own.filter((row) => (numberOrNull(row, 'amax') ?? 0) > 0);
        if (shown.length === 0) return [];
        const granularity = own.some((row) => row['granularity'] === 'channel') ? ', largest over output channels' : '';
        const alt = `Dot plot of the amax of each ${role} quantizer in both trials, layers in the model's order.${role === 'input' ? ` ${widestText(rows, facts)}` : ''}`;
        const spec = layerDumbbell(
          {
            description: alt,
            rows: own,
            field: 'amax',
            x: {
              title: `${role} amax (log scale), smaller is finer`,
              scale: { type: 'log', nice: false, padding: 10 },
              axis: { format: '~g', labelOverlap: 'greedy', tickCount: 6 },
            },
            transform: [{ filter: `datum.role == '${role}' && datum.amax > 0` }],
            tooltip: [
              { field: 'amax', title: 'amax', format: '.4~g' },
              { field: 'amax_unsmoothed', title: 'without smoothing', format: '.4~g' },
              { field: 'scale', title: 'step', format: '.3~g' },
              { field: 'bits', title: 'bits' },
              { field: 'layer_alpha', title: 'alpha of the layer' },
            ],
          },
          facts,
        );
        return [{ title: `${role} quantizer${granularity}`, alt, spec }];
      }),
    };
  },
};

/** The layer whose input ranges are furthest apart. */
function widestText(rows: readonly Row[], { trial, other }: ComparedTrials): string {
  const inputs = rows.filter((row) => row['role'] === 'input' && (numberOrNull(row, 'amax') ?? 0) > 0);
  const beside = new Map(
    inputs.filter((row) => row['trial'] === other.trial).map((row) => [row['position'], numberOf(row, 'amax')]),
  );
  const pairs = inputs.flatMap((row) => {
    const amax = beside.get(row['position']);
    return row['trial'] !== trial.trial || amax === undefined ? [] : [{ row, own: numberOf(row, 'amax'), amax }];
  });
  const apart = ({ own, amax }: { own: number; amax: number }): number => Math.abs(Math.log(own / amax));
  const most = pairs.reduce<(typeof pairs)[number] | null>(
    (widest, pair) => (widest === null || apart(pair) > apart(widest) ? pair : widest),
    null,
  );
  if (most === null) return '';
  if (apart(most) === 0) return 'Every input has the same range in both.';
  return `Input ranges differ most on ${cutMiddle(textOf(most.row, 'layer'), 40)}: ${significantText(most.own, 3)} in A, ${significantText(most.amax, 3)} in B.`;
}
