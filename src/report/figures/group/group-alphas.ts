import { legendHint } from '../../charts/interaction.js';
import type { ComparedGroup } from '../../facts/compared-group.js';
import { groupLayersApart, memberOrder, ofMembers } from '../../facts/compared-group.js';
import { layerDots } from '../comparison/layer-dumbbell.js';
import type { PageFigure } from '../figure.js';
import { drawnMembers, groupSides, undrawnText } from './group-sides.js';

/** The alpha of each layer in all trials; a static one is the same in all layers. */
export const groupAlphas: PageFigure<ComparedGroup> = {
  id: 'alphas',
  section: 'layers',
  title: () => 'Alpha of each layer',
  sql: (facts) =>
    `SELECT trial, position, layer, layer_alpha, apply, s_min, s_max, s_geomean
FROM v_smoothing WHERE ${ofMembers(drawnMembers(facts))} AND layer_alpha IS NOT NULL ORDER BY position, ${memberOrder(drawnMembers(facts))}`,
  build: (rows, facts) => {
    const apart = groupLayersApart(facts);
    if (apart !== null) return { kind: 'absent', note: apart };
    const members = drawnMembers(facts).filter(({ trial }) => rows.some((row) => row['trial'] === trial.trial));
    if (members.length === 0) {
      return { kind: 'absent', note: 'None uses an alpha: smoothing.mode: static or dynamic does.' };
    }
    const alphas = members.map(({ side, trial }) => {
      const own = rows.filter((row) => row['trial'] === trial.trial).map((row) => row['layer_alpha']);
      return { side, own: [...new Set(own)] };
    });
    const constant = alphas.filter(({ own }) => own.length === 1);
    const constantText = constant.map(({ side, own }) => `${side} ${String(own[0])}`).join(', ');
    if (constant.length === alphas.length)
      return { kind: 'text', caption: `One alpha in every layer: ${constantText}.${undrawnText(facts)}` };
    const alt = `Dot plot of the alpha of each layer in ${members.length} trials, layers in the model's order.`;
    const caption = constant.length === 0 ? '' : ` One alpha in every layer: ${constantText}.`;
    return {
      kind: 'charts',
      controls: [],
      caption: `From input (top) to output.${caption}${undrawnText(facts)} ${legendHint}`,
      panels: [
        {
          title: '',
          alt,
          spec: layerDots(
            {
              description: alt,
              rows,
              field: 'layer_alpha',
              x: {
                title: 'alpha (1: all range in the weight)',
                scale: { domain: [0, 1] },
                axis: { tickCount: 6 },
              },
              transform: [],
              tooltip: [
                { field: 'layer_alpha', title: 'alpha' },
                { field: 's_min', title: 'smallest s', format: '.3~g' },
                { field: 's_max', title: 'largest s', format: '.3~g' },
              ],
            },
            groupSides(facts, members),
          ),
        },
      ],
    };
  },
};
