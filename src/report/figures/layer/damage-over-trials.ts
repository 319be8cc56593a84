import type { TopLevelSpec } from 'vega-lite';
import type { PageFigure } from '../figure.js';
import { noDamage } from '../layer-damage.js';
import type { LayerPageFacts } from '../../facts/layer-page-facts.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText } from '../../query.js';
import { linkCursor, trialLink } from '../../charts/interaction.js';
import { rounded } from '../../charts/rounded.js';
import { color } from '../../charts/theme.js';
import { chartHeading } from '../../charts/linked-charts.js';

/** Trials with a dot each; of more the best. */
const mostTrials = 500;

/** The layer's loss by its weight against that by its input, a dot for each trial. */
export const damageOverTrials: PageFigure<LayerPageFacts> = {
  id: 'damage-over-trials',
  section: 'loss',
  title: () => 'Weight or input: what this layer loses by',
  sql: ({ sweep, layer }) =>
    `SELECT trial, label, role, layer_alpha, ${['weight_share', 'weight_noise', 'activation_noise', 'isolated_noise'].map((column) => rounded(column, column, 4)).join(', ')}
FROM v_layer_damage WHERE sweep = ${sqlText(sweep.sweep.name)} AND position = ${layer.position} AND layer = ${sqlText(layer.name)}
AND role IN ('candidate', 'unsmoothed')${onlyBest(sweep)} ORDER BY trial`,
  build: (rows, facts) => {
    if (rows.length === 0) return noDamage;
    const told = shareSentence(rows, facts);
    return {
      kind: 'charts',
      controls: [],
      caption: `${told} Each dot is a trial; above the diagonal the input costs more.`,
      details: `Squared error of the layer’s own output with one of the two quantized, over the mean square of the FP32 output; the layer gets the FP32 input.${facts.sweep.trials.length > mostTrials ? ` The best ${mostTrials} trials are drawn.` : ''}`,
      panels: [
        {
          title: '',
          alt: `Scatter plot of the layer’s loss by input over its loss by weight. ${told}`,
          spec: chart(rows, told, facts),
        },
      ],
    };
  },
};

function onlyBest({ trials }: SweepFacts): string {
  if (trials.length <= mostTrials) return '';
  const best = [...trials].sort((a, b) => (a.place ?? Infinity) - (b.place ?? Infinity)).slice(0, mostTrials);
  return ` AND trial IN (${best.map(({ trial }) => trial).join(', ')})`;
}

/** `In the best setting 88 % of the layer’s squared error comes from its input, ...` */
function shareSentence(rows: readonly Row[], { sweep, shown }: LayerPageFacts): string {
  const shares = rows.map((row) => numberOrNull(row, 'weight_share')).filter((share) => share !== null);
  const own = rows.find((row) => row['trial'] === shown[0]?.trial);
  const share = own === undefined ? null : numberOrNull(own, 'weight_share');
  const percent = (value: number): string => `${(100 * value).toFixed(0)} %`;
  const [least, most] = [1 - Math.max(...shares), 1 - Math.min(...shares)];
  const range = `over ${shares.length} trials ${percent(least)} to ${percent(most)}`;
  if (shares.length === 0) return 'Quantizing costs this layer nothing in any trial.';
  if (share === null) return `Of the layer’s squared error the input causes, ${range}.`;
  const which = shown[0]?.trial === sweep.best?.trial ? 'the best setting' : shown[0]!.label;
  return `In ${which} ${percent(1 - share)} of the layer’s squared error comes from its input${shares.length > 1 ? `, ${range}` : ''}.`;
}

function chart(rows: readonly Row[], description: string, { shown }: LayerPageFacts): TopLevelSpec {
  const values = rows
    .flatMap((row) => [numberOf(row, 'weight_noise'), numberOf(row, 'activation_noise')])
    .filter((value) => value > 0);
  const domain = values.length === 0 ? [0.1, 1] : [Math.min(...values) / 1.3, Math.max(...values) * 1.3];
  const axis = (field: string, title: string) => ({
    field,
    type: 'quantitative' as const,
    title,
    scale: { type: 'log' as const, domain, nice: false },
    axis: { format: '.1~g', tickCount: 5, grid: false },
  });
  const x = axis('weight_noise', 'squared error by its weight alone');
  const y = { ...axis('activation_noise', 'by its input alone'), title: null };
  const kind = {
    field: 'role',
    type: 'nominal' as const,
    title: null,
    scale: { domain: ['unsmoothed', 'candidate'], range: [color('unsmoothed'), color('smoothed')] },
    legend: { labelExpr: "datum.label == 'candidate' ? 'smoothed' : datum.label" },
  };
  return {
    description,
    data: { name: 'rows' },
    title: chartHeading('squared error by its input alone, over the square of the output, lower is better'),
    width: 'container',
    height: 220,
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    layer: [
      {
        data: {
          values: [
            { weight_noise: domain[0], activation_noise: domain[0] },
            { weight_noise: domain[1], activation_noise: domain[1] },
          ],
        },
        mark: { type: 'line', color: color('muted'), strokeDash: [3, 3], strokeWidth: 1 },
        encoding: { x, y },
      },
      {
        transform: [{ filter: 'datum.weight_noise > 0 && datum.activation_noise > 0' }],
        mark: { type: 'point', filled: true, opacity: 0.85, ...linkCursor },
        encoding: {
          ...trialLink,
          x,
          y,
          color: kind,
          shape: { ...kind, scale: { domain: kind.scale.domain, range: ['circle', 'diamond'] } },
          size: { condition: { test: `datum.trial == ${shown[0]?.trial ?? -1}`, value: 160 }, value: 50 },
          tooltip: [
            { field: 'label', title: 'trial' },
            { field: 'layer_alpha', title: 'alpha of the layer', type: 'nominal' },
            { field: 'weight_share', title: 'share of the weight', format: '.0%' },
            { field: 'weight_noise', title: 'weight alone', format: '.3~g' },
            { field: 'activation_noise', title: 'input alone', format: '.3~g' },
            { field: 'isolated_noise', title: 'both', format: '.3~g' },
          ],
        },
      },
    ],
  };
}
