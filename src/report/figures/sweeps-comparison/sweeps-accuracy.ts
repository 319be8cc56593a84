import type { ComparedSweeps } from '../../facts/compared-sweeps.js';
import type { PageFigure } from '../figure.js';
import { valueText } from '../../number-text.js';
import { numberOf, sqlText } from '../../query.js';
import { fp32Of } from '../../answers/sweeps-answer.js';
import { color } from '../../charts/theme.js';
import { accuracyChart, valueRange } from '../sweep/accuracy-chart.js';
import { legendHint, zoomHint } from '../../charts/interaction.js';

/** Accuracy over alpha of both sweeps in one chart: of each the best trial at each alpha. */
export const sweepsAccuracy: PageFigure<ComparedSweeps> = {
  id: 'accuracy',
  section: 'first',
  title: ({ a }) => `Best ${a.metric.name} at each alpha in both`,
  sql: ({ a, b }) =>
    `WITH place AS MATERIALIZED (SELECT sweep, trial, place FROM v_place WHERE sweep IN (${sqlText(a.sweep.name)}, ${sqlText(b.sweep.name)}))
SELECT side, trial, label, role, alpha_mode, alpha, calibration_batches, value, ci_low, ci_high, fp32_value, of_all
FROM (SELECT *, iif(sweep = ${sqlText(a.sweep.name)}, 'A', 'B') AS side,
        row_number() OVER (PARTITION BY sweep, role, alpha_mode, alpha ORDER BY place, value DESC, position) AS number,
        count(*) OVER (PARTITION BY sweep, role, alpha_mode, alpha) AS of_all
      FROM (SELECT t.*, p.place FROM v_trial t LEFT JOIN place p ON p.sweep = t.sweep AND p.trial = t.trial
            WHERE t.sweep IN (${sqlText(a.sweep.name)}, ${sqlText(b.sweep.name)}) AND t.metric = ${sqlText(a.metric.metric)}
              AND t.status = 'done' AND t.role IN ('fp32', 'unsmoothed', 'candidate')))
WHERE number = 1 ORDER BY side, role, alpha_mode, alpha`,
  build: (rows, { a, b }) => {
    if (a.metric.metric !== b.metric.metric) {
      return {
        kind: 'absent',
        note: 'The sweeps are judged by different metrics, which share no axis.',
        brief: 'different metrics',
      };
    }
    if (!rows.some((row) => row['role'] === 'candidate')) {
      return { kind: 'absent', note: 'No setting has finished in either sweep.', brief: 'no setting has finished' };
    }
    const shown = new Set(rows.map((row) => numberOf(row, 'trial')));
    const trials = [...a.trials, ...b.trials].filter(({ trial }) => shown.has(trial));
    const range = valueRange(trials, a.metric);
    const values = [`A: ${cut(a.sweep.name)}`, `B: ${cut(b.sweep.name)}`];
    const [fp32A, fp32B] = [fp32Of(a), fp32Of(b)];
    const fp32 = fp32A === fp32B ? '' : ` FP32: A ${valueText(fp32A, a.metric)}, B ${valueText(fp32B, b.metric)}.`;
    const alt = `Line chart of the best ${a.metric.name} at each alpha in ${values.join(' and ')}. Best: A ${valueText(a.best?.value ?? null, a.metric)}, B ${valueText(b.best?.value ?? null, b.metric)}.`;
    const winner = (a.best?.value ?? -Infinity) >= (b.best?.value ?? -Infinity) ? a.best : b.best;
    return {
      kind: 'charts',
      controls: range.differs
        ? [
            {
              param: 'range',
              label: 'axis',
              options: [
                { value: 'near', label: 'around the settings' },
                { value: 'all', label: 'with unsmoothed' },
              ],
            },
          ]
        : [],
      caption: `The best trial at each alpha, whatever its other settings; bands and bars: its 95 % interval. Ringed: the best of both.${fp32}`,
      details: `Solid neutral line: FP32; dashed: the best unsmoothed of each. Diamonds: dynamic alpha. ${legendHint} ${zoomHint}`,
      panels: [
        {
          title: '',
          alt,
          spec: accuracyChart({
            metric: a.metric,
            trials,
            group: {
              title: 'sweep',
              expression: "datum.side == 'A' ? groups[0] : groups[1]",
              values,
              colors: [color('sideA'), color('sideB')],
              dashes: [
                [1, 0],
                [6, 3],
              ],
            },
            best: winner?.trial ?? null,
            range,
            description: alt,
          }),
        },
      ],
    };
  },
};

function cut(name: string): string {
  return name.length <= 40 ? name : `${name.slice(0, 39)}…`;
}
