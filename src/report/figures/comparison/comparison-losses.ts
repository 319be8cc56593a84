import type { ComparedTrials } from '../../facts/compared-trials.js';
import { lossesApart, ofBoth } from '../../facts/compared-trials.js';
import type { PageFigure } from '../figure.js';
import type { Row } from '../../query.js';
import { legendHint } from '../../charts/interaction.js';
import { lossColumns, lossControls, quantizedText, storedModes } from '../loss-controls.js';
import { layerDumbbell } from './layer-dumbbell.js';
import { lossDumbbell } from './loss-dumbbell.js';

/** Loss of each layer in both trials, layers in the model's order. */
export const comparisonLosses: PageFigure<ComparedTrials> = {
  id: 'losses',
  section: 'layers',
  name: 'layer losses',
  title: () => 'Loss of each layer in both',
  sql: (facts) =>
    `SELECT trial, position, layer, mode, layer_alpha,
       ${lossColumns.join(', ')}
FROM v_layer_loss WHERE ${ofBoth(facts)} ORDER BY mode, position, trial`,
  build: (rows, facts) => {
    const apart = lossesApart(facts);
    if (apart !== null) return { kind: 'absent', note: apart };
    const lacking = trialsLacking(rows, facts);
    if (lacking !== null) return { kind: 'absent', note: lacking };
    const mode = storedModes(rows)[0]?.value ?? 'accumulated';
    const own = rows.filter((row) => row['mode'] === mode);
    const alt = `Dot plot of the loss of each layer in both trials, layers in the model's order. ${lowerText(own, facts)}`;
    return {
      kind: 'charts',
      controls: lossControls(rows),
      caption: `Error of each layer’s own output against FP32, from input (top) to output; the further right, the worse. ${lowerText(own, facts)}`,
      details: `${quantizedText} ${legendHint}`,
      panels: [
        {
          title: '',
          alt,
          spec: layerDumbbell(lossDumbbell(alt, rows, mode), facts),
        },
      ],
    };
  },
};

/**
 * What to say where a trial has no such rows: FP32 quantizes nothing, others lack a mode of loss.
 */
export function trialsLacking(rows: readonly Row[], { trial, other }: ComparedTrials): string | null {
  const lacking = [trial, other].filter(({ trial: number }) => !rows.some((row) => row['trial'] === number));
  const float = lacking.find(({ role }) => role === 'fp32');
  if (float !== undefined) return 'FP32 quantizes no layer, so it has no losses or ranges to compare.';
  if (lacking.length > 0)
    return 'One of the two has no stored layer losses: loss.modes: [accumulated] in the experiment adds them.';
  return null;
}

/** `A has the lower L1 on 9 of 12 layers.` */
function lowerText(rows: readonly Row[], { trial, other }: ComparedTrials): string {
  const byLayer = (number: number): Map<unknown, unknown> =>
    new Map(rows.filter((row) => row['trial'] === number).map((row) => [row['position'], row['l1']]));
  const [first, second] = [byLayer(trial.trial), byLayer(other.trial)];
  const pairs = [...first].flatMap(([position, l1]) => {
    const beside = second.get(position);
    return typeof l1 === 'number' && typeof beside === 'number' ? [[l1, beside] as const] : [];
  });
  const lower = pairs.filter(([a, b]) => a < b).length;
  const equal = pairs.filter(([a, b]) => a === b).length;
  return `A has the lower L1 on ${lower} of ${pairs.length} layers${equal === 0 ? '' : `, the same on ${equal}`}.`;
}
