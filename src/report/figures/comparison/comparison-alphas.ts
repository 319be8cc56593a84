import type { ComparedTrials } from '../../facts/compared-trials.js';
import { layersApart, ofBoth } from '../../facts/compared-trials.js';
import type { PageFigure } from '../figure.js';
import type { Row } from '../../query.js';
import { numberOrNull } from '../../query.js';
import { alphaDomain } from '../../charts/alpha-domain.js';
import { legendHint } from '../../charts/interaction.js';
import { layerDumbbell } from './layer-dumbbell.js';

/** The alpha of each layer in both trials; a static one is the same in all layers. */
export const comparisonAlphas: PageFigure<ComparedTrials> = {
  id: 'alphas',
  section: 'layers',
  name: 'alphas',
  title: () => 'Alpha of each layer in both',
  sql: (facts) =>
    `SELECT trial, position, layer, layer_alpha, apply, s_min, s_max, s_geomean
FROM v_smoothing WHERE ${ofBoth(facts)} AND layer_alpha IS NOT NULL ORDER BY position, trial`,
  build: (rows, facts) => {
    const apart = layersApart(facts);
    if (apart !== null) return { kind: 'absent', note: apart };
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'Neither uses an alpha: smoothing.mode: static or dynamic does.',
        brief: 'smoothing.mode',
      };
    }
    const text = alphaText(rows, facts);
    if (isConstant(rows)) return { kind: 'text', caption: text };
    const alt = `Dot plot of the alpha of each layer in both trials, layers in the model's order. ${text}`;
    return {
      kind: 'charts',
      controls: [],
      caption: text,
      details: `alpha 0: the range stays in the input; alpha 1: it moves into the weight. ${legendHint}`,
      panels: [
        {
          title: '',
          alt,
          spec: layerDumbbell(
            {
              description: alt,
              rows,
              field: 'layer_alpha',
              x: {
                title: 'alpha (1: all range in the weight)',
                scale: { domain: alphaDomain(rows.map((row) => numberOrNull(row, 'layer_alpha'))), nice: false },
                axis: { tickCount: 6 },
              },
              transform: [],
              tooltip: [
                { field: 'layer_alpha', title: 'alpha' },
                { field: 's_min', title: 'smallest s', format: '.3~g' },
                { field: 's_max', title: 'largest s', format: '.3~g' },
              ],
            },
            facts,
          ),
        },
      ],
    };
  },
};

/**
 * True where each trial has one alpha in all its layers: a chart of two straight lines tells
 * nothing.
 */
function isConstant(rows: readonly Row[]): boolean {
  const values = new Set(rows.map((row) => `${row['trial'] ?? ''} ${row['layer_alpha'] ?? ''}`));
  return values.size === new Set(rows.map((row) => row['trial'])).size;
}

function alphaText(rows: readonly Row[], { trial, other }: ComparedTrials): string {
  const byLayer = (number: number): Map<unknown, number | null> =>
    new Map(
      rows.filter((row) => row['trial'] === number).map((row) => [row['position'], numberOrNull(row, 'layer_alpha')]),
    );
  const sides = [byLayer(trial.trial), byLayer(other.trial)] as const;
  const extent = (alphas: ReadonlyMap<unknown, number | null>): string => {
    const values = [...alphas.values()].filter((alpha) => alpha !== null);
    if (values.length === 0) return 'has none';
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return low === high ? `has ${low} in every layer` : `runs from ${low} to ${high}`;
  };
  const both = [...sides[0].keys()].filter((position) => sides[1].has(position));
  const equal = both.filter((position) => sides[0].get(position) === sides[1].get(position)).length;
  const same = both.length === 0 ? '' : ` ${equal} of ${both.length} layers have the same alpha in both.`;
  return `Alpha of A ${extent(sides[0])}, of B ${extent(sides[1])}.${same}`;
}
