import type { PageFigure } from '../figure.js';
import { countText, significantText } from '../../number-text.js';
import type { LayerPageFacts } from '../../facts/layer-page-facts.js';
import { numberOf, sqlText } from '../../query.js';
import { rounded } from '../../charts/rounded.js';
import { channelCharts, halfStep } from './channel-charts.js';
import { noTrial, trialControls, trialList } from './shown-trials.js';
import { scaleControl } from '../loss-controls.js';

/**
 * absmax of activation and weight by input channel, before and after smoothing, and s: figure 1 of
 * the SmoothQuant paper.
 */
export const channels: PageFigure<LayerPageFacts> = {
  id: 'channels',
  section: 'channels',
  name: 'channels',
  title: () => 'Each input channel before and after smoothing',
  sql: (facts) => `SELECT trial, channel, ${columns.join(',\n       ')}
FROM v_channel WHERE sweep = ${sqlText(facts.sweep.sweep.name)} AND position = ${facts.layer.position} AND trial IN (${trialList(facts)})
ORDER BY trial, channel`,
  build: (rows, facts) => {
    const [first] = facts.shown;
    if (first === undefined) return noTrial;
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'No channel statistics are stored: run the sweep with this version to store them.',
        brief: 'an earlier version ran it',
      };
    }
    const own = rows.filter((row) => row['trial'] === first.trial);
    const most = (field: string): string =>
      significantText(
        own.reduce((largest, row) => Math.max(largest, numberOf(row, field)), 0),
        3,
      );
    const told = `Largest before and after smoothing: activation ${most('act_absmax')} and ${most('act_absmax_smoothed')}, weight ${most('weight_absmax')} and ${most('weight_absmax_smoothed')}.`;
    const steps = facts.shown.some((shown) => halfStep(shown).after !== null)
      ? ' Dashed: half a quantization step of the input; a channel below it rounds to 0 entirely.'
      : '';
    const alt = `Dots of absmax of the activation and, below it, of the weight, by input channel, before and after smoothing, and the smoothing factor s. ${told}`;
    return {
      kind: 'charts',
      controls: [
        ...trialControls(facts),
        scaleControl('scale'),
        {
          param: 'order',
          label: 'channels',
          options: [
            { value: 'channel', label: 'as in the model' },
            { value: 'largest', label: 'largest activation first' },
          ],
        },
      ],
      caption: `absmax of ${countText(own.length, 'input channel')}: of the activation, of the weights that read it, and s. ${told}`,
      details: `absmax: largest magnitude, in units of the tensor. The factor s divides the activation and multiplies the weights. All channels of the activation share one step, so flatter is better. On the log scale a channel of 0 is at the lower edge.${steps}`,
      panels: [{ title: '', alt, spec: channelCharts(rows, facts, alt) }],
    };
  },
};

const columns = ['act_absmax', 'act_absmax_smoothed', 'weight_absmax', 'weight_absmax_smoothed', 's'].map((column) =>
  rounded(column, column, 4),
);
