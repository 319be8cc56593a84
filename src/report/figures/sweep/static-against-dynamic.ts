import { isMode } from '../../charts/smoothing-mode-marks.js';
import { modesWithAlphas } from '../../../smooth/modes/registry.js';
import type { TopLevelSpec } from 'vega-lite';
import { drawnLimits } from '../../charts/drawn-limits.js';
import type { Drawn } from '../drawn-parts.js';
import { bestOfBoth, chooseParts, drawnText, leftOutText, onlyTrials } from '../drawn-parts.js';
import type { Figure } from '../figure.js';
import { valueText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../../query.js';
import type { SweepFacts, TrialFacts } from '../../facts/sweep-facts.js';
import { sizeColors } from '../../charts/theme.js';
import type { Variant } from '../../facts/variants.js';
import { legendFilter, legendHint, linkCursor, shownOpacity, trialLink } from '../../charts/interaction.js';
import { fp32Rule, metricAxis, valueTooltip } from '../../charts/dot-layers.js';

/**
 * Best static alpha, also one that `auto` chose, against the best dynamic alpha of equal settings,
 * at each calibration size, with intervals.
 */
export const staticAgainstDynamic: Figure = {
  id: 'static-against-dynamic',
  section: 'first',
  name: 'static against dynamic alpha',
  title: () => 'Static against dynamic alpha, by calibration size',
  sql: (facts) =>
    `WITH pair AS MATERIALIZED (SELECT static_trial, dynamic_trial FROM v_static_against_dynamic WHERE sweep = ${sqlText(facts.sweep.name)})
SELECT b.trial, b.label, b.alpha_mode, b.alpha, b.absmax, b.calibration_batches, b.value, b.ci_low, b.ci_high,
       b.gap_to_fp32, b.fp32_value, c.difference AS behind_best, c.p_value AS p_against_best
FROM (SELECT static_trial AS trial FROM pair UNION SELECT dynamic_trial FROM pair) shown
JOIN v_trial b ON b.sweep = ${sqlText(facts.sweep.name)} AND b.trial = shown.trial
LEFT JOIN v_comparison c ON c.sweep = b.sweep AND c.trial = b.trial AND c.against = 'best' AND c.other_trial = ${facts.best?.trial ?? -1}
WHERE b.metric = (SELECT metric FROM v_place WHERE sweep = ${sqlText(facts.sweep.name)} AND place = 1)${onlyTrials(drawnVariants(facts).trials, 'b.trial')} ORDER BY b.calibration_batches, b.alpha_mode IN (${modesWithAlphas('searchedPerLayer').map(sqlText).join(', ')}), b.trial`,
  build: (rows, facts) => {
    if (rows.length === 0) return { kind: 'absent', note: whyNone(facts), brief: 'smoothing.mode' };
    const variants = drawnVariants(facts);
    const text = linesText(rows, facts);
    return {
      kind: 'charts',
      controls: [],
      caption: `The best static against the best dynamic alpha of equal settings. Bars: 95 % intervals; vertical line: FP32.${drawnText(variants)}`,
      details: `${text}. ${legendHint}${leftOutText(variants, 'combinations of other settings with both', facts)}`,
      panels: variants.parts.flatMap((variant) => {
        const trials = rows.map((row) => numberOf(row, 'trial')).filter((trial) => variant.trials.has(trial));
        const alt = `Static against dynamic alpha${variant.label === '' ? '' : `, ${variant.label}`}: ${text}.`;
        return trials.length === 0 ? [] : [{ title: variant.label, alt, spec: chart(facts, trials, alt) }];
      }),
    };
  },
};

function isStatic({ alphaMode }: TrialFacts): boolean {
  return modesWithAlphas('fixed', 'searchedOnce').includes(alphaMode);
}

function isDynamic({ alphaMode }: TrialFacts): boolean {
  return modesWithAlphas('searchedPerLayer').includes(alphaMode);
}

function whyNone({ trials }: SweepFacts): string {
  const finished = trials.filter(({ role, status }) => role === 'candidate' && status === 'done');
  const missing = [...(finished.some(isStatic) ? [] : ['static']), ...(finished.some(isDynamic) ? [] : ['dynamic'])];
  if (missing.length === 0) return 'No static and dynamic alpha with otherwise equal settings have finished.';
  return `No ${missing.join(' or ')} alpha has finished: smoothing.mode: [static, dynamic] in the grid gives both.`;
}

function drawnVariants(facts: SweepFacts): Drawn<Variant> {
  return chooseParts(facts.variants, facts, {
    most: drawnLimits.variants,
    scoreOf: (trials) => bestOfBoth(trials, isStatic, isDynamic),
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
  const y = { field: 'kind', type: 'nominal' as const, title: null, sort: ['best static', 'best dynamic'] };
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
      { calculate: `${isMode(modesWithAlphas('searchedPerLayer'))} ? 'best dynamic' : 'best static'`, as: 'kind' },
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
            scale: { domain: ['best static', 'best dynamic'], range: ['circle', 'diamond'] },
          },
          tooltip: [...valueTooltip(metric), { field: 'p_against_best', title: 'p against the best', format: '.3f' }],
        },
      },
    ],
  };
}
