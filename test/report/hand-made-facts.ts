import { noLinks } from '../../src/report/addresses/page-links.js';
import { nothingMeasured } from '../../src/report/facts/measured-facts.js';
import type { ComparisonFacts, SweepFacts, TrialFacts } from '../../src/report/facts/sweep-facts.js';
import { chooseBest } from '../../src/report/facts/sweep-facts.js';
import { metricText } from '../../src/report/number-text.js';

/** A finished candidate of a made-up sweep. */
export function handMadeTrial(id: number, values: Partial<TrialFacts> = {}): TrialFacts {
  return {
    trial: id,
    position: id,
    label: `trial ${id}`,
    role: 'candidate',
    status: 'done',
    alphaMode: 'static',
    alpha: 0.5,
    absmax: 'channel',
    calibrationBatches: 200,
    metric: 'top1',
    value: 0.9,
    ciLow: 0.89,
    ciHigh: 0.91,
    fp32Value: 0.92,
    gapToFp32: -0.02,
    unsmoothedValue: 0.8,
    gainOverUnsmoothed: 0.1,
    meanL1: 0.01,
    lossScope: 'all layers',
    place: id,
    samples: 1000,
    model: 'm.onnx',
    axes: {},
    settings: {},
    ...values,
  };
}

/** The paired test of a trial against the best: McNemar's, of so many samples each. */
export function againstBest(trial: number, pValue: number, onlyTrial = 10, onlyOther = 20): ComparisonFacts {
  return {
    trial,
    against: 'best',
    otherTrial: 1,
    difference: (onlyTrial - onlyOther) / 1000,
    method: 'mcnemar',
    pValue,
    pRelation: '=',
    zScore: null,
    ciLow: null,
    ciHigh: null,
    onlyTrial,
    onlyOther,
  };
}

/** The facts of a made-up sweep of these trials. */
export function handMadeFacts(
  allTrials: readonly TrialFacts[],
  comparisons: readonly ComparisonFacts[] = [],
  found: Partial<SweepFacts> = {},
): SweepFacts {
  const trials = allTrials.filter(({ role }) => role !== 'sensitivity');
  const sizes = [...new Set(trials.map((one) => one.calibrationBatches))].filter((size) => size !== null);
  const count = (status: string): number => allTrials.filter((one) => one.status === status).length;
  return {
    sweep: {
      name: 's',
      question: null,
      trials: allTrials.length,
      done: count('done'),
      failed: count('failed'),
      pending: count('pending'),
      stopped: count('stopped'),
      createdAt: '',
      updatedAt: '',
      experimentPath: '',
      claimed: false,
      goal: null,
      hasLatency: false,
    },
    trials,
    allTrials,
    layers: [],
    links: noLinks,
    comparisons,
    metric: metricText('top1'),
    sizes: sizes.sort((a, b) => a - b),
    warnings: [],
    isVoid: false,
    variants: [{ label: '', trials: new Set(trials.map((one) => one.trial)) }],
    best: chooseBest(trials),
    staticDynamic: null,
    effects: { size: null, absmax: null },
    measured: nothingMeasured,
    ...found,
  };
}
