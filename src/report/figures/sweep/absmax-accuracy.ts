import { drawnLimits } from '../../charts/drawn-limits.js';
import type { Drawn, SizePart } from '../drawn-parts.js';
import { bestOfBoth, chooseParts, drawnText, leftOutText, onlyTrials, sizeParts } from '../drawn-parts.js';
import type { AbsentContent, Figure } from '../figure.js';
import { numberOf, sqlText } from '../../query.js';
import type { SweepFacts, TrialFacts } from '../../facts/sweep-facts.js';
import { legendHint, zoomHint } from '../../charts/interaction.js';
import { color } from '../../charts/theme.js';
import { axisPath } from '../../facts/axes.js';
import { splitVariants } from '../../facts/variants.js';
import { accuracyChart, valueRange } from './accuracy-chart.js';
import { rangeControl } from './accuracy-by-alpha.js';

/** An absmax figure where the sweep has one method only. */
export const oneMethod: AbsentContent = {
  kind: 'absent',
  note: 'Only one absmax method: smoothing.absmax: [channel, view] in the grid compares both.',
  brief: 'smoothing.absmax',
};

/** True where the sweep has candidates of both absmax methods. */
export function hasBothMethods({ trials }: SweepFacts): boolean {
  return ['channel', 'view'].every((method) => trials.some((t) => t.role === 'candidate' && t.absmax === method));
}

/**
 * Panels of variants that absmax does not set apart at each calibration size; chosen are those with
 * both methods.
 */
export function methodParts(
  facts: SweepFacts,
  most: number,
  sizeOf: (part: SizePart) => number,
  budget: number,
): Drawn<SizePart> {
  const parts = sizeParts(splitVariants(facts.trials, axisPath.absmax), facts);
  const scoreOf = (trials: readonly TrialFacts[]): number | null =>
    bestOfBoth(
      trials,
      (trial) => trial.absmax === 'channel',
      (trial) => trial.absmax === 'view',
    );
  return chooseParts(parts, facts, { most, sizeOf, budget, scoreOf });
}

/** The drawn panels' trials and, as their reference, FP32. */
function shownTrials(facts: SweepFacts): string {
  const { trials } = methodParts(facts, drawnLimits.methodPanels, () => 0, 0);
  if (trials === null) return '';
  const references = facts.trials.filter((trial) => trial.role === 'fp32').map((trial) => trial.trial);
  return onlyTrials([...references, ...trials]);
}

/**
 * Accuracy over alpha by absmax method, a panel for each calibration size and variant of other
 * settings.
 */
export const absmaxAccuracy: Figure = {
  id: 'absmax-accuracy',
  section: 'absmax',
  name: 'metric by absmax method',
  title: ({ metric }) => `Does the wrong axis cost anything? ${metric.name} by absmax method`,
  sql: (facts) =>
    `SELECT trial, label, role, alpha_mode, alpha, absmax, calibration_batches, value, ci_low, ci_high
FROM v_trial WHERE sweep = ${sqlText(facts.sweep.name)} AND status = 'done' AND value IS NOT NULL${shownTrials(facts)} ORDER BY absmax, position`,
  build: (rows, facts) => {
    if (!hasBothMethods(facts)) return oneMethod;
    const drawn = new Set(rows.map((row) => numberOf(row, 'trial')));
    const trials = facts.trials.filter((trial) => drawn.has(trial.trial));
    const range = valueRange(trials, facts.metric);
    const drawnParts = methodParts(facts, drawnLimits.methodPanels, () => 0, 0);
    return {
      kind: 'charts',
      controls: range.differs ? [rangeControl] : [],
      caption: `Absmax by channel, and by torch’s view(-1, C) on NCHW data, which mixes channels. Bands and bars: 95 % intervals.${drawnText(drawnParts)}`,
      details: `channel: the largest magnitude of each channel. view: the largest of each column of view(-1, C), which on NCHW data is no channel. ${legendHint} ${zoomHint}${leftOutText(drawnParts, 'combinations of calibration size and other settings with both methods', facts)}`,
      panels: drawnParts.parts.flatMap(({ variant, size }) => {
        const shown = trials.filter(
          (t) => variant.trials.has(t.trial) && (t.role === 'fp32' || t.calibrationBatches === size),
        );
        if (!shown.some((trial) => trial.role === 'candidate')) return [];
        const title = [`${size} batches`, variant.label].filter((part) => part !== '').join(', ');
        const alt = `Line chart of ${facts.metric.name} over alpha by absmax method, ${title}.`;
        const spec = accuracyChart({
          metric: facts.metric,
          trials: shown,
          group: {
            title: 'absmax',
            expression: 'datum.absmax',
            values: ['channel', 'view'],
            colors: [color('absmaxChannel'), color('absmaxView')],
            dashes: [
              [1, 0],
              [6, 3],
            ],
          },
          best: facts.best?.trial ?? null,
          range,
          description: alt,
        });
        return [{ title, alt, spec }];
      }),
    };
  },
};
