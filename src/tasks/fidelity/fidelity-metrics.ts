import type { MetricDefinition, MetricDefinitions } from '../metric-definition.js';
import { primaries, type FidelityPrimary } from './fidelity-settings.js';
import type { OutputMetric } from './output-values.js';

const cosine: MetricDefinition = {
  title: 'cosine to FP32',
  definition: "Mean over samples of the cosine of the output to FP32's; below 0 counts as 0.",
  ...{ unit: 'fraction', better: 'higher' },
};

const base: Readonly<Record<OutputMetric, MetricDefinition>> = {
  cosine,
  sqnr: {
    title: 'SQNR',
    definition:
      "Signal to quantization noise: 10 log10 of the sum of FP32's squared outputs over that of squared differences, over all samples; 100 dB where all are equal, and at most. FP32 has 100 dB by definition, so compare trials with each other.",
    ...{ unit: 'dB', better: 'higher' },
  },
  psnr: {
    title: 'PSNR to FP32',
    definition:
      "10 log10 of the squared range of FP32's output, from its least to its largest value over all samples, over the mean squared difference; at most 100 dB. FP32 has 100 dB by definition, so compare trials with each other.",
    ...{ unit: 'dB', better: 'higher' },
  },
  relativeError: {
    title: 'relative L2 error',
    definition:
      "Root of the sum of squared differences over that of FP32's squared outputs, over all samples: 10^(-SQNR / 20).",
    ...{ unit: 'ratio', better: 'lower' },
  },
  relativeL1: {
    title: 'relative L1 error',
    definition: "Sum of absolute differences over that of FP32's absolute outputs, over all samples.",
    ...{ unit: 'ratio', better: 'lower' },
  },
  largestError: {
    title: 'largest error',
    definition: 'Largest absolute difference to FP32 of any number of any sample; of several outputs, of any.',
    ...{ unit: 'number', better: 'lower' },
  },
  argmaxAgreement: {
    title: 'argmax agreement with FP32',
    definition:
      "Share of places whose largest value along the class axis is FP32's, mean over samples; of equal values the lower index counts.",
    ...{ unit: 'fraction', better: 'higher' },
  },
  topKAgreement: {
    title: 'top-k agreement with FP32',
    definition:
      "Share of FP32's k largest values along the class axis that are among the k largest (task.topK), mean over places and samples.",
    ...{ unit: 'fraction', better: 'higher' },
  },
  equalValues: {
    title: 'equal values',
    definition: "Share of numbers that equal FP32's, mean over samples.",
    ...{ unit: 'fraction', better: 'higher' },
  },
  identical: {
    title: 'identical samples',
    definition: "Share of samples all of whose numbers equal FP32's.",
    ...{ unit: 'fraction', better: 'higher' },
  },
};

/** Of which output a value is that trials are ranked by; `all`: the mean over outputs. */
export type OutputChoice = 'all' | 'worst' | 'named';

/** The name of a value in results: `cosine`, `worstCosine`, `namedCosine`. */
export function choiceName(metric: FidelityPrimary, choice: OutputChoice): string {
  return choice === 'all' ? metric : `${choice}${metric.charAt(0).toUpperCase()}${metric.slice(1)}`;
}

/** What trials are ranked by: errors as `1-NAME`, so that higher is better. */
export function rankedName(metric: FidelityPrimary, choice: OutputChoice): string {
  const name = choiceName(metric, choice);
  return base[metric].better === 'lower' ? `1-${name}` : name;
}

/** See {@link rankedName}. */
export function rankedValue(metric: FidelityPrimary, value: number): number {
  return base[metric].better === 'lower' ? 1 - value : value;
}

/** Of several outputs, whether the larger of two values is the worse. */
export function isWorseAbove(metric: FidelityPrimary): boolean {
  return base[metric].better === 'lower';
}

const told = {
  all: { title: '', definition: '' },
  worst: { title: ', worst output', definition: ' Of the output where it is worst.' },
  named: { title: ', chosen output', definition: ' Of the output that task.primaryOutput names.' },
} as const;

function chosen(metric: FidelityPrimary): [string, MetricDefinition][] {
  return (['all', 'worst', 'named'] as const).flatMap((choice): [string, MetricDefinition][] => {
    const { title, definition, unit, better } = base[metric];
    const own = {
      title: title + told[choice].title,
      definition: definition + told[choice].definition,
      unit,
      better,
    };
    if (better === 'higher') return [[choiceName(metric, choice), own]];
    const ranked: MetricDefinition = {
      title: `1 - ${own.title}`,
      definition: `1 minus it, so that higher is better. ${own.definition}`,
      ...{ unit: 'number', better: 'higher' },
    };
    return [
      [choiceName(metric, choice), own],
      [rankedName(metric, choice), ranked],
    ];
  });
}

/**
 * Of several outputs a value is the mean over those that it can judge; its slices are the outputs.
 */
export const fidelityMetrics: MetricDefinitions = { ...base, ...Object.fromEntries(primaries.flatMap(chosen)) };
