import type { AbsentContent, Control, FigureContent } from './figure.js';
import { damageChart } from '../charts/damage-chart.js';
import { rounded } from '../charts/rounded.js';
import type { Row } from '../query.js';
import { numberOf, sqlText } from '../query.js';

/** Layers with a bar each; of a larger model those that lose most. */
const mostLayers = 40;

/** What brings the two losses that the split is made of. */
export const noDamage: AbsentContent = {
  kind: 'absent',
  note: 'The losses of weight and input alone are not stored: loss.modes: [accumulated, isolated, weight, activation] in the experiment adds them.',
  brief: 'loss.modes with weight and activation',
};

const numbers = [
  ...['weight_mse', 'activation_mse', 'isolated_mse', 'interaction_mse'],
  ...['weight_share', 'weight_noise', 'activation_noise', 'isolated_noise'],
];

/** The damage of the layers of some trials, the worst first. */
export function damageSql(sweep: string, trials: readonly number[]): string {
  return `SELECT trial, position, layer, op, ${numbers.map((column) => rounded(column, column, 4)).join(', ')}, layers, by_input
FROM (SELECT *, count(*) OVER of_trial AS layers, count(*) FILTER (WHERE weight_share < 0.5) OVER of_trial AS by_input,
             row_number() OVER (PARTITION BY trial ORDER BY coalesce(isolated_noise, weight_noise + activation_noise) DESC, position) AS number
      FROM v_layer_damage WHERE sweep = ${sqlText(sweep)} AND trial IN (${trials.length === 0 ? '-1' : trials.join(', ')})
      WINDOW of_trial AS (PARTITION BY trial))
WHERE number <= ${mostLayers} ORDER BY trial, number`;
}

/**
 * Bars of the weight's and the input's share, of the chosen trial. Absent where it has none.
 *
 * @param trials what a control chooses from, the first at first
 */
export function damageContent(
  rows: readonly Row[],
  trials: readonly { readonly trial: number; readonly name: string }[],
): FigureContent {
  const known = trials.filter(({ trial }) => rows.some((row) => row['trial'] === trial));
  const [first] = known;
  if (first === undefined) return noDamage;
  const own = rows.filter((row) => row['trial'] === first.trial);
  const told = damageSentence(own[0]!);
  const left = numberOf(own[0]!, 'layers') - own.length;
  const caption = `${told}${known.length > 1 ? ` (${first.name})` : ''}. Bars: what quantizing only the weight, or only the input, costs the layer; tick: both.${left > 0 ? ` The ${own.length} layers that lose most.` : ''}`;
  return {
    kind: 'charts',
    controls: [...trialControl(known), asControl],
    caption,
    details:
      'Errors are of the layer’s own output, which gets the FP32 input: the mean squared error (MSE) over the mean square of the FP32 output, so that layers compare. Squared errors are used because those of weight and input are nearly uncorrelated and add up: the distance from the end of the bar to the tick is what the two do to each other, on average 1 % of the whole on ResNet-20 at 3 to 8 bits. Mean absolute errors (L1) do not add up: there the sum exceeds the whole by 23 % on average. What earlier layers pass on is not in these losses.',
    panels: [
      {
        title: '',
        alt: `Stacked bars of the squared error of each layer. ${told}.`,
        spec: damageChart(rows, first.trial, told),
      },
    ],
  };
}

/** `12 of 19 layers lose more by their input than by their weight`. */
export function damageSentence(row: Row): string {
  const [layers, byInput] = [numberOf(row, 'layers'), numberOf(row, 'by_input')];
  const isInput = byInput * 2 >= layers;
  const most = isInput ? byInput : layers - byInput;
  const [by, than] = isInput ? ['input', 'weight'] : ['weight', 'input'];
  return `${most === layers ? `All ${layers}` : `${most} of ${layers}`} layers lose more by their ${by} than by their ${than}`;
}

const asControl: Control = {
  param: 'as',
  label: 'length',
  options: [
    { value: 'noise', label: 'squared error' },
    { value: 'share', label: 'share of the layer' },
  ],
};

function trialControl(trials: readonly { readonly trial: number; readonly name: string }[]): Control[] {
  if (trials.length < 2) return [];
  return [
    { param: 'trial', label: 'trial', options: trials.map(({ trial, name }) => ({ value: trial, label: name })) },
  ];
}
