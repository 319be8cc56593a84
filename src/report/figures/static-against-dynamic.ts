import type { TopLevelSpec } from 'vega-lite';
import { drawnLimits } from '../drawn-limits.js';
import type { Drawn } from '../drawn-parts.js';
import { bestOfBoth, chooseParts, leftOutText, onlyTrials } from '../drawn-parts.js';
import type { Figure } from '../figure.js';
import { valueText } from '../number-text.js';
import type { Row } from '../query.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../query.js';
import type { SweepFacts } from '../sweep-facts.js';
import { sizeColors } from '../theme.js';
import type { Variant } from '../variants.js';
import { legendFilter, legendHint, linkCursor, shownOpacity, trialLink } from './interaction.js';
import { fp32Rule, metricAxis, valueTooltip } from './dot-layers.js';

/** Best static alpha against dynamic alpha at each calibration size, with intervals. */
export const staticAgainstDynamic: Figure = {
  id: 'static-against-dynamic',
  section: 'first',
  title: () => 'Static against dynamic alpha, by calibration size',
  sql: (facts) =>
    `SELECT b.trial, b.label, b.alpha_mode, b.alpha, b.absmax, b.calibration_batches, b.value, b.ci_low, b.ci_high,
       b.gap_to_fp32, b.fp32_value, c.difference AS behind_best, c.p_value AS p_against_best
FROM (SELECT *, row_number() OVER (PARTITION BY alpha_mode, calibration_batches, absmax, activation_bits, weight_bits,
        weight_granularity, model, fp32_value,
        json_remove(settings, '$.role', '$.smoothing.mode', '$.smoothing.alpha', '$.search') ORDER BY value DESC, trial) AS place
      FROM v_trial WHERE sweep = ${sqlText(facts.sweep.name)} AND role = 'candidate' AND status = 'done'
        AND alpha_mode IN ('static', 'dynamic')${onlyTrials(drawnVariants(facts).trials)}) b
LEFT JOIN v_comparison c ON c.sweep = b.sweep AND c.trial = b.trial AND c.against = 'best' AND c.other_trial = ${facts.best?.trial ?? -1}
WHERE b.place = 1 ORDER BY b.calibration_batches, b.alpha_mode DESC, b.trial`,
  build: (rows, facts) => {
    const modes = new Set(rows.map((row) => textOf(row, 'alpha_mode')));
    if (!modes.has('static') || !modes.has('dynamic')) {
      const missing = modes.has('static') ? 'dynamic' : 'static';
      return {
        kind: 'absent',
        note: `No ${missing} alpha has finished: smoothing.mode: [static, dynamic] in the grid brings both.`,
      };
    }
    const variants = drawnVariants(facts);
    const text = linesText(rows, facts);
    return {
      kind: 'charts',
      controls: [],
      caption: `${text}. Bars: 95 % intervals; vertical line: FP32. ${legendHint}${leftOutText(variants, 'combinations of other settings with both', facts)}`,
      panels: variants.parts.flatMap((variant) => {
        const trials = rows.map((row) => numberOf(row, 'trial')).filter((trial) => variant.trials.has(trial));
        const alt = `Static against dynamic alpha${variant.label === '' ? '' : `, ${variant.label}`}: ${text}.`;
        return trials.length === 0 ? [] : [{ title: variant.label, alt, spec: chart(facts, trials, alt) }];
      }),
    };
  },
};

function drawnVariants(facts: SweepFacts): Drawn<Variant> {
  return chooseParts(facts.variants, facts, {
    most: drawnLimits.variants,
    scoreOf: (trials) =>
      bestOfBoth(
        trials,
        (trial) => trial.alphaMode === 'static',
        (trial) => trial.alphaMode === 'dynamic',
      ),
  });
}

function linesText(rows: readonly Row[], facts: SweepFacts): string {
  const lines = rows.slice(0, drawnLimits.captionSettings).map((row) => rowText(row, facts));
  return lines.join('; ') + (rows.length > lines.length ? `; and ${rows.length - lines.length} more` : '');
}

function rowText(row: Row, { metric }: SweepFacts): string {
  return `${textOf(row, 'label')} ${valueText(numberOrNull(row, 'value'), metric)}`;
}

function chart({ metric, sizes }: SweepFacts, trials: readonly number[], description: string): TopLevelSpec {
  const names = sizes.map((size) => `${size} batches`);
  const scale = { domain: names, range: sizeColors(sizes.length) };
  const x = metricAxis(metric);
  const y = { field: 'kind', type: 'nominal' as const, title: null, sort: ['best static', 'dynamic'] };
  const yOffset = { field: 'size', type: 'nominal' as const, sort: names };
  const groupColor = { field: 'size', type: 'nominal' as const, title: 'calibrated on', scale };
  return {
    description,
    data: { name: 'rows' },
    width: 'container',
    height: 2 * (14 + 22 * sizes.length),
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    transform: [
      { filter: { field: 'trial', oneOf: [...trials] } },
      { calculate: "datum.alpha_mode == 'static' ? 'best static' : 'dynamic'", as: 'kind' },
      { calculate: "datum.calibration_batches + ' batches'", as: 'size' },
    ],
    layer: [
      fp32Rule(metric),
      {
        // In the first mark of the legend: Vega-Lite makes the legend clickable by that one.
        params: [legendFilter('size')],
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: {
          x: { ...x, field: 'ci_low' },
          x2: { field: 'ci_high' },
          y,
          yOffset,
          color: groupColor,
          opacity: shownOpacity(1),
        },
      },
      {
        mark: { type: 'point', filled: true, size: 80, ...linkCursor },
        encoding: {
          ...trialLink,
          x,
          y,
          yOffset,
          color: groupColor,
          opacity: shownOpacity(1),
          shape: {
            field: 'kind',
            type: 'nominal',
            legend: null,
            scale: { domain: ['best static', 'dynamic'], range: ['circle', 'diamond'] },
          },
          tooltip: [...valueTooltip(metric), { field: 'p_against_best', title: 'p against the best', format: '.3f' }],
        },
      },
    ],
  };
}
