import { capitalized } from '../../capitalized.js';
import { drawnLimits } from '../../charts/drawn-limits.js';
import type { Drawn } from '../drawn-parts.js';
import { chooseParts, drawnText, leftOutText, onlyTrials } from '../drawn-parts.js';
import type { Control, Figure } from '../figure.js';
import { cutMiddle } from '../../cut-middle.js';
import { countText, differenceText, valueText } from '../../number-text.js';
import { numberOf, sqlText } from '../../query.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { sizeColors, sizeDashes } from '../../charts/theme.js';
import type { Variant } from '../../facts/variants.js';
import type { AlphaMode } from '../../../smooth/modes/registry.js';
import { besideModes, lineModes, markText, pointModes } from '../../charts/smoothing-mode-marks.js';
import { accuracyChart, valueRange } from './accuracy-chart.js';
import { legendHint, zoomHint } from '../../charts/interaction.js';

/**
 * The main chart: the metric over alpha, a line for each calibration size, one panel for each
 * variant of other settings.
 */
export const accuracyByAlpha: Figure = {
  id: 'accuracy-by-alpha',
  section: 'first',
  name: 'metric over alpha',
  title: ({ metric }) => `${capitalized(metric.name)} over alpha, by calibration size`,
  sql: (facts) =>
    `SELECT trial, label, role, alpha_mode, alpha, absmax, calibration_batches, value, ci_low, ci_high
FROM v_trial WHERE sweep = ${sqlText(facts.sweep.name)} AND status = 'done' AND value IS NOT NULL${onlyTrials(drawnVariants(facts).trials)} ORDER BY position`,
  build: (rows, facts) => {
    const drawn = new Set(rows.map((row) => numberOf(row, 'trial')));
    const trials = facts.trials.filter((trial) => drawn.has(trial.trial));
    if (!trials.some((trial) => trial.role === 'candidate')) {
      return {
        kind: 'absent',
        note: 'No setting has finished: run the sweep, with smoothing.alpha as an axis of its grid.',
        brief: 'no setting has finished',
      };
    }
    if (!hasAlphas(facts)) {
      return {
        kind: 'absent',
        note: 'Alpha has one value: smoothing.alpha: { from: 0.05, to: 0.95, step: 0.05 } in the grid draws the curve.',
        brief: 'smoothing.alpha',
      };
    }
    const range = valueRange(trials, facts.metric);
    const variants = drawnVariants(facts);
    return {
      kind: 'charts',
      controls: range.differs ? [rangeControl] : [],
      caption: captionText(facts) + drawnText(variants),
      details: detailsText(facts) + leftOutText(variants, 'combinations of other settings', facts),
      panels: variants.parts.map((variant) => ({
        title: variant.label,
        alt: altText(facts, variant.label),
        spec: accuracyChart({
          metric: facts.metric,
          trials: trials.filter((trial) => variant.trials.has(trial.trial)),
          group: {
            title: 'calibrated on',
            expression: "datum.calibration_batches + ' batches'",
            values: facts.sizes.map((size) => `${size} batches`),
            colors: sizeColors(facts.sizes.length),
            dashes: sizeDashes(facts.sizes.length),
          },
          best: facts.best?.trial ?? null,
          range,
          description: altText(facts, variant.label),
        }),
      })),
    };
  },
};

/** A curve needs two alphas, finished or not. */
function hasAlphas({ trials }: SweepFacts): boolean {
  const alphas = trials.filter(({ role }) => role === 'candidate').map(({ alpha }) => alpha);
  return new Set(alphas.filter((alpha) => alpha !== null)).size > 1;
}

function drawnVariants(facts: SweepFacts): Drawn<Variant> {
  return chooseParts(facts.variants, facts, { most: drawnLimits.variants });
}

/** Chooses between the whole axis and the part around the candidates. */
export const rangeControl: Control = {
  param: 'range',
  label: 'axis',
  options: [
    { value: 'near', label: 'around the candidates' },
    { value: 'all', label: 'with unsmoothed' },
  ],
};

function captionText({ best, trials, sweep: { stopped } }: SweepFacts): string {
  const beside = trials.some((t) => besideModes.includes(t.alphaMode)) ? '; at the right: no alpha of their own' : '';
  const ring = best === null ? '' : ` Ringed: the best, ${cutMiddle(best.label, 60)}.`;
  const early = stopped === 0 ? '' : ` Not drawn: ${countText(stopped, 'setting')} stopped early.`;
  return `Lines: static alpha${beside}. Bands and bars: 95 % intervals.${ring}${early}`;
}

function detailsText({ trials, sweep: { stopped } }: SweepFacts): string {
  const drawn = (modes: readonly AlphaMode[], where?: string): string[] =>
    modes.filter((mode) => trials.some((t) => t.alphaMode === mode)).map((mode) => markText(mode, where));
  const marks = ['Lines: static alpha', ...drawn(pointModes), ...drawn(besideModes, ' at the right')];
  const early =
    stopped === 0
      ? ''
      : ` Not drawn: ${countText(stopped, 'setting')} that ${stopped === 1 ? 'was' : 'were'} stopped early, without accuracy.`;
  return `alpha: how much of the activation’s range moves into the weights. ${marks.join('; ')}. An interval is that of a single setting; paired tests tell more of a difference.${early} ${legendHint} ${zoomHint}`;
}

function altText({ best, metric, trials }: SweepFacts, variant: string): string {
  const candidates = trials.filter((t) => lineModes.includes(t.alphaMode) && t.value !== null);
  const values = candidates.map((t) => t.value ?? 0);
  const span =
    values.length === 0
      ? ''
      : ` Static settings lie between ${valueText(Math.min(...values), metric)} and ${valueText(Math.max(...values), metric)}.`;
  const top =
    best === null
      ? ''
      : ` Best: ${best.label}, ${valueText(best.value, metric)}, ${differenceText(best.gapToFp32, metric)} from FP32.`;
  return `Line chart of ${metric.name} over alpha by calibration size${variant === '' ? '' : `, ${variant}`}.${top}${span}`;
}
