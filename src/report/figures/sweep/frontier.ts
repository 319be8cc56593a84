import type { TopLevelSpec } from 'vega-lite';
import { color } from '../../charts/theme.js';
import { linkCursor, trialLink } from '../../charts/interaction.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { countText, differenceText } from '../../number-text.js';
import { numberOf, sqlText, type Row } from '../../query.js';
import type { Figure } from '../figure.js';

/** Cost against drop of the bits by layer that were evaluated, and the curve that led there. */
export const frontier: Figure = {
  id: 'frontier',
  section: 'layers',
  name: 'frontier of bits',
  title: ({ metric }) => `${metric.name} against what bits by layer cost`,
  appliesTo: ({ sweep }) => sweep.hasFrontier === true,
  sql: ({ sweep }) =>
    `SELECT trial, label, kind, position, minimize, cost, predicted, -loss AS change, -loss_high AS change_low, -loss_low AS change_high,
       -allowed AS bound, divergence, chosen, bracketed, mean_bits, evaluated_samples, stopped, confidence
FROM v_frontier WHERE sweep = ${sqlText(sweep.name)} ORDER BY trial, kind, position`,
  build: (rows, facts) => {
    const chosen = rows.filter((row) => row['chosen'] === 1);
    if (chosen.length === 0) {
      return {
        kind: 'absent',
        note: 'No setting has found its bits yet: a goal with bits evaluates assignments until the bound is bracketed.',
        brief: 'goal.bits',
      };
    }
    const caption =
      chosen.length === 1
        ? chosenText(chosen[0]!, rows, facts)
        : `${chosen.length} settings have bits of each layer; larger points are those chosen.`;
    const unit = chosen[0]!['minimize'] === 'size' ? 'bytes of the weights' : 'bit operations of a sample';
    return {
      kind: 'charts',
      controls: [],
      caption,
      details:
        'Each point is an assignment of bits to layers that was evaluated on all evaluation samples (left; those that were stopped since they break the bound, at 99 % confidence for all together, have no accuracy and are on the right only); bars: 95 % intervals, paired by sample with FP32; line: the bound. The samples that chose the point also measured it, so its drop on others may be larger. Right: the predicted divergence of the output along the curve (line), and what was measured (points).',
      panels: [
        {
          title: 'measured',
          alt: `Change of ${facts.metric.name} over ${unit}. ${caption}`,
          spec: measuredChart(facts, unit),
        },
        {
          title: 'predicted',
          alt: `Divergence of the output over ${unit}, predicted and measured.`,
          spec: predictedChart(unit),
        },
      ],
    };
  },
};

function chosenText(chosen: Row, rows: readonly Row[], facts: SweepFacts): string {
  const tried = rows.filter((row) => row['kind'] === 'tried');
  const stopped = tried.filter((row) => row['stopped'] !== null).length;
  const early =
    stopped === 0
      ? ''
      : ` ${stopped} of them ${stopped === 1 ? 'was' : 'were'} stopped early: ${stopped === 1 ? 'it breaks' : 'they break'} the bound.`;
  const bits = Number(numberOf(chosen, 'mean_bits').toPrecision(3));
  const end =
    chosen['bracketed'] === 1
      ? 'The next cheaper assignments of the curve break the bound.'
      : 'The evaluations were used up before the next cheaper assignments were known to break the bound.';
  return `Chosen of ${countText(tried.length, 'evaluation')}: ${bits} bits a layer on average, ${differenceText(numberOf(chosen, 'change'), facts.metric)} from FP32.${early} ${end}`;
}

const costAxis = (unit: string) => ({
  field: 'cost',
  type: 'quantitative' as const,
  title: unit,
  scale: { zero: false, padding: 10 },
  axis: { format: '~s', grid: false },
});

function measuredChart({ metric }: SweepFacts, unit: string): TopLevelSpec {
  const x = costAxis(unit);
  const y = {
    field: 'change',
    type: 'quantitative' as const,
    title: `${metric.shortName} from FP32`,
    axis: { format: metric.differenceFormat, tickCount: 6 },
  };
  const tried = { filter: "datum.kind == 'tried'" };
  return {
    description: 'Change of the metric over cost',
    data: { name: 'rows' },
    width: 'container',
    height: 280,
    autosize: { type: 'fit', contains: 'padding', resize: true },
    transform: [tried],
    layer: [
      { mark: { type: 'rule', color: color('fp32'), strokeWidth: 1.5 }, encoding: { y: { ...y, field: 'bound' } } },
      {
        mark: { type: 'rule', tooltip: null },
        encoding: { x, y: { ...y, field: 'change_low' }, y2: { field: 'change_high' } },
      },
      {
        mark: { type: 'point', filled: true, ...linkCursor },
        encoding: {
          ...trialLink,
          x,
          y,
          size: { condition: { test: 'datum.chosen == 1', value: 140 }, value: 40 },
          tooltip: [
            { field: 'label', title: 'setting' },
            { field: 'cost', title: unit, format: ',.0f' },
            { field: 'mean_bits', title: 'mean bits', format: '.2f' },
            { field: 'change', title: 'from FP32', format: metric.differenceFormat },
          ],
        },
      },
    ],
  };
}

function predictedChart(unit: string): TopLevelSpec {
  const x = costAxis(unit);
  const y = {
    field: 'predicted',
    type: 'quantitative' as const,
    title: 'divergence of the output',
    scale: { type: 'symlog' as const, constant: 1e-4 },
    axis: { format: '~g', tickCount: 5 },
  };
  return {
    description: 'Predicted and measured divergence over cost',
    data: { name: 'rows' },
    width: 'container',
    height: 280,
    autosize: { type: 'fit', contains: 'padding', resize: true },
    layer: [
      {
        transform: [{ filter: "datum.kind == 'curve'" }],
        mark: { type: 'line', strokeWidth: 1.5 },
        encoding: { x, y, detail: { field: 'trial', type: 'nominal' } },
      },
      {
        transform: [{ filter: "datum.kind == 'tried'" }],
        mark: { type: 'point', filled: true, size: 40 },
        encoding: { x, y: { ...y, field: 'divergence' } },
      },
    ],
  };
}
