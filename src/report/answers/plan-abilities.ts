import { detectableShare } from '../../statistics/detectable-difference.js';
import { axisName } from '../facts/axes.js';
import { countText } from '../number-text.js';
import { askedQuestions } from '../questions/asked-questions.js';
import { questions } from '../questions/registry.js';
import type { SweepShape } from '../questions/sweep-shape.js';

/**
 * Shares of the samples that only the worse of two settings gets right: alike and unlike settings.
 */
const assumedShares = [0.01, 0.05] as const;

/**
 * How two settings of a planned sweep are compared: `later` in a way of which only results tell
 * what it detects; `none`: the metric gives values alone.
 */
export type PlannedTest = 'mcnemar' | 'later' | 'none';

/**
 * What a planned sweep will and will not be able to answer, one line each: the questions that it
 * asks, the smallest difference that its samples can show, and what it lacks.
 *
 * @param samples evaluation samples; null where that is not known
 * @param test what compares two settings: only where each sample is right or wrong (McNemar) is the
 *   detectable difference known before the sweep runs
 */
export function planAbilities(shape: SweepShape, samples: number | null, test: PlannedTest): readonly string[] {
  const [leading, ...others] = askedQuestions(shape);
  const axes = shape.axes.map(({ path, values }) => `${axisName(path)} (${countText(values.length, 'value')})`);
  const lacks = [leading, ...others].flatMap((kind) => questions[kind].lacks(shape));
  const distinct = [...new Map(lacks.map((lack) => [lack.yaml, lack])).values()];
  return [
    `Will answer: ${questions[leading].title.toLowerCase()}${axes.length === 0 ? '' : `, over ${axes.join(', ')}`}.`,
    ...(others.length === 0 ? [] : [`Also: ${others.map((kind) => questions[kind].title.toLowerCase()).join('; ')}.`]),
    ...detectableLines(shape, samples, test),
    ...distinct.map(({ unknown, yaml }) => `Will not answer: ${unknown} (add ${yaml}).`),
  ];
}

function detectableLines({ candidates }: SweepShape, samples: number | null, test: PlannedTest): readonly string[] {
  if (samples === null || samples === 0) return [];
  const on = `on ${countText(samples, 'evaluation sample')}`;
  if (test === 'none')
    return [
      'Will not answer: whether two settings differ by more than noise. The metric gives one value a trial, without replicates; a metric module with task.bootstrap gives them.',
    ];
  if (test === 'later')
    return [`The smallest difference that it can detect ${on} is known once two settings have finished.`];
  const [alike, unlike] = assumedShares.map((share) => {
    const points = 100 * detectableShare(samples, Math.round(share * samples), 1);
    return points >= 10 ? points.toFixed(0) : points.toFixed(1);
  });
  const [few, many] = assumedShares.map((share) => `${100 * share} %`);
  const choice =
    candidates > 1 ? ' The best of many must be ahead by more: its p is multiplied by the number of settings.' : '';
  return [
    `Two settings must differ by about ${alike} points to be told apart ${on}, if the worse one alone is right on ${few} of them; ${unlike} points at ${many} (McNemar, p < 0.05).${choice}`,
  ];
}
