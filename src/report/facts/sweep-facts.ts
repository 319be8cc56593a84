import type { AlphaMode } from '../../smooth/modes/registry.js';
import type { PageLinks } from '../addresses/page-links.js';
import { readEffects, type Effects } from './effect-facts.js';
import { readMeasured, type MeasuredFacts } from './measured-facts.js';
import { toPairedTest, type PairedTest } from './paired-test.js';
import { noLinks } from '../addresses/page-links.js';
import type { Query, Row } from '../query.js';
import { numberOf, numberOrNull, sqlText, textOf, textOrNull, toRows } from '../query.js';
import type { MetricText } from '../number-text.js';
import { metricTextOf, taskKindOf } from './judged-by.js';
import { readStaticDynamic, type StaticDynamicFacts } from './static-dynamic-facts.js';
import type { SweepWarning } from './result-warnings.js';
import { isVoided, readWarnings } from './result-warnings.js';
import type { Variant } from './variants.js';
import { splitVariants } from './variants.js';

/** One row of v_sweep. */
export interface SweepSummary {
  readonly name: string;
  readonly question: string | null;
  readonly trials: number;
  readonly done: number;
  readonly failed: number;
  readonly pending: number;
  /** Not evaluated to the end, as certainly not the best. */
  readonly stopped: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly experimentPath: string;
  /**
   * The run that took the database last is at this sweep; whether it still lives the database can't
   * know.
   */
  readonly claimed: boolean;
  /** What the recommendation is to be by; null without. */
  readonly goal: GoalFacts | null;
  /** Whether candidates have bits layer by layer, which the goal chose; absent: they do not. */
  readonly hasFrontier?: boolean;
  /** Whether the latency of a trial was measured. */
  readonly hasLatency: boolean;
}

/** A goal of the experiment file. */
export interface GoalFacts {
  /** In points where the metric is a fraction, else in its unit. */
  readonly maxDrop: number;
  readonly minimize: 'latency' | 'size';
}

/**
 * One row of v_trial, of the columns that reports use. Values of metrics are in the unit of their
 * definition: 0..1 of fractions.
 */
export interface TrialFacts {
  readonly trial: number;
  readonly position: number;
  readonly label: string;
  readonly role: 'fp32' | 'unsmoothed' | 'candidate' | 'sensitivity';
  readonly status: 'pending' | 'done' | 'failed' | 'stopped';
  readonly alphaMode: AlphaMode;
  readonly alpha: number | null;
  readonly absmax: string | null;
  readonly calibrationBatches: number | null;
  readonly metric: string | null;
  readonly value: number | null;
  readonly ciLow: number | null;
  readonly ciHigh: number | null;
  readonly fp32Value: number | null;
  readonly gapToFp32: number | null;
  readonly unsmoothedValue: number | null;
  readonly gainOverUnsmoothed: number | null;
  readonly meanL1: number | null;
  /**
   * What meanL1 is over: trials of equal text quantize the same layers and measure losses over the
   * same samples.
   */
  readonly lossScope: string | null;
  /**
   * Order of merit, 1 is the best of the sweep (v_place); null where it has not finished, and for
   * fp32.
   */
  readonly place: number | null;
  /** Evaluation samples that it saw. */
  readonly samples: number | null;
  readonly model: string | null;
  readonly axes: Readonly<Record<string, unknown>>;
  readonly settings: unknown;
}

/** One row of v_comparison. */
export interface ComparisonFacts extends PairedTest {
  readonly against: 'fp32' | 'unsmoothed' | 'simulated' | 'best';
}

/** One row of v_layer. */
export interface LayerFacts {
  /** File name of its model. */
  readonly model: string;
  /** Order in the model's graph, from 0. */
  readonly position: number;
  readonly name: string;
  readonly op: string;
  /** JSON array, e.g. `[16,3,3,3]`. */
  readonly weightShape: string;
  readonly groups: number;
  readonly inputChannels: number;
  readonly outputChannels: number;
  /** Why it can't be quantized; null where it can. */
  readonly unsupported: string | null;
}

/** What the answer and every figure know about the sweep before they query for themselves. */
export interface SweepFacts {
  readonly sweep: SweepSummary;
  /**
   * Without those of one layer's sensitivity, which have figures of their own, and those that
   * another metric judges.
   */
  readonly trials: readonly TrialFacts[];
  /** All of the sweep. */
  readonly allTrials: readonly TrialFacts[];
  /** Of every model of the sweep. */
  readonly layers: readonly LayerFacts[];
  readonly comparisons: readonly ComparisonFacts[];
  readonly metric: MetricText;
  /** Calibration sizes in batches, ascending. */
  readonly sizes: readonly number[];
  readonly variants: readonly Variant[];
  /**
   * The finished candidate that comes first by place. Null without one, or where FP32 is nonsense.
   */
  readonly best: TrialFacts | null;
  /** True where FP32 is nonsense, so that no trial can be called the best and `best` is null. */
  readonly isVoid: boolean;
  /** Null where no static and dynamic alpha of equal settings have finished. */
  readonly staticDynamic: StaticDynamicFacts | null;
  readonly effects: Effects;
  /** What only some sweeps measure; null parts were not. */
  readonly measured: MeasuredFacts;
  /** Addresses of other pages. */
  readonly links: PageLinks;
  /** What is wrong with the results, to be said before any of them. */
  readonly warnings: readonly SweepWarning[];
}

const trialColumns = `t.trial, t.position, t.label, t.role, t.status, t.alpha_mode, t.alpha, t.absmax, t.calibration_batches, t.metric, t.value,
       t.ci_low, t.ci_high, t.fp32_value, t.gap_to_fp32, t.unsmoothed_value, t.gain_over_unsmoothed, t.mean_l1, t.model, t.axes, t.settings,
       t.evaluated_samples, k.loss_scope, p.place`;

/** Where they come from: each trial of a sweep with its place. */
function trialSource(sweep: string): string {
  const name = sqlText(sweep);
  return `FROM v_trial t JOIN v_alike k ON k.sweep = t.sweep AND k.trial = t.trial LEFT JOIN (SELECT trial, place FROM v_place WHERE sweep = ${name}) p ON p.trial = t.trial
WHERE t.sweep = ${name}`;
}

/** The queries behind {@link SweepFacts}, as the page shows them. */
export const factsSql = {
  sweep: (sweep: string): string =>
    `SELECT sweep, question, trials, done, failed, pending, stopped, created_at, updated_at, experiment_path, claimed, goal, has_latency
FROM v_sweep WHERE sweep = ${sqlText(sweep)}`,
  trials: (sweep: string): string =>
    `SELECT ${trialColumns}
${trialSource(sweep)} ORDER BY t.position`,
  /** One trial of it. */
  trial: (sweep: string, trial: number): string =>
    `SELECT ${trialColumns}
${trialSource(sweep)} AND t.trial = ${trial}`,
  comparisons: (sweep: string): string =>
    `SELECT trial, label, against, other_trial, other_label, difference, method, p_value, p_relation, replicates, z_score, ci_low, ci_high, only_trial, only_other
FROM v_comparison WHERE sweep = ${sqlText(sweep)} ORDER BY trial, against`,
  layers: (sweep: string): string =>
    `SELECT model, position, layer, op, weight_shape, groups, input_channels, output_channels, unsupported
FROM v_layer WHERE sweep = ${sqlText(sweep)} ORDER BY model, position`,
};

/**
 * Reads a sweep's facts; null where the database has no sweep of that name. They link to no other
 * page.
 */
export function readSweepFacts(query: Query, name: string): SweepFacts | null {
  const summary = toRows(query(factsSql.sweep(name), []))[0];
  if (summary === undefined) return null;
  const allTrials = toRows(query(factsSql.trials(name), [])).map(toTrial);
  const quantized = allTrials.filter((trial) => trial.role !== 'sensitivity');
  const judged = quantized.find((trial) => trial.metric !== null);
  const judgedBy = judged?.metric ?? null;
  const trials = quantized.filter(({ metric }) => metric === null || metric === judgedBy);
  const comparisons = toRows(query(factsSql.comparisons(name), [])).map(toComparison);
  const warnings = readWarnings(query, name);
  const highest = chooseBest(trials);
  const isVoid = isVoided(warnings, highest, trials);
  const best = isVoid ? null : highest;
  const sizes = [...new Set(trials.map((trial) => trial.calibrationBatches))].filter((size) => size !== null);
  const own = toSummary(summary);
  return {
    sweep: own,
    trials,
    allTrials,
    layers: toRows(query(factsSql.layers(name), [])).map(toLayer),
    comparisons: comparisons.filter((c) => c.against !== 'best' || c.otherTrial === best?.trial),
    metric: metricTextOf(taskKindOf(judged?.settings), judgedBy ?? 'top1', mostSamples(trials), valuesOf(trials)),
    sizes: sizes.sort((a, b) => a - b),
    variants: splitVariants(trials),
    best,
    staticDynamic: readStaticDynamic(query, name, judgedBy),
    effects: readEffects(query, name),
    measured: readMeasured(query, own, { allTrials, trials, best: highest }),
    links: noLinks,
    warnings,
    isVoid,
  };
}

/** Those that are to be told apart: FP32 stands alone. */
function valuesOf(trials: readonly TrialFacts[]): readonly number[] {
  return trials.flatMap(({ role, value }) => (role === 'fp32' || value === null ? [] : [value]));
}

/** Evaluation samples of the trial that saw most; null before one has finished. */
function mostSamples(trials: readonly TrialFacts[]): number | null {
  return trials.reduce<number | null>(
    (most, { samples }) => (samples === null ? most : Math.max(most ?? 0, samples)),
    null,
  );
}

/** The best of some trials: the finished candidate of the lowest place. Null without one. */
export function chooseBest(trials: readonly TrialFacts[]): TrialFacts | null {
  return firstByPlace(trials.filter(({ role, status }) => role === 'candidate' && status === 'done'));
}

/**
 * The one of some trials that comes first in the order of merit of the sweep. Null where none has a
 * place in it.
 */
export function firstByPlace(trials: readonly TrialFacts[]): TrialFacts | null {
  return trials.reduce<TrialFacts | null>(
    (first, trial) => (trial.place !== null && trial.place < (first?.place ?? Infinity) ? trial : first),
    null,
  );
}

/**
 * FP32 as the best trial has it: of its model and evaluation. The first of the sweep where there is
 * no best.
 */
export function referenceOf({
  trials,
  best,
  comparisons,
}: Pick<SweepFacts, 'trials' | 'best' | 'comparisons'>): TrialFacts | null {
  const finished = trials.filter(({ role, value }) => role === 'fp32' && value !== null);
  if (best === null) return finished[0] ?? null;
  const tested = comparedWith({ comparisons }, best, 'fp32')?.otherTrial;
  return (
    finished.find(({ trial }) => trial === tested) ??
    finished.find(({ model, value }) => model === best.model && value === best.fp32Value) ??
    null
  );
}

/**
 * The paired test of a trial of the sweep against another; null where it was not made, or without a
 * trial.
 */
export function comparedWith(
  { comparisons }: Pick<SweepFacts, 'comparisons'>,
  trial: TrialFacts | null,
  against: ComparisonFacts['against'],
): ComparisonFacts | null {
  return comparisons.find((c) => c.trial === trial?.trial && c.against === against) ?? null;
}

function toSummary(row: Row): SweepSummary {
  return {
    name: textOf(row, 'sweep'),
    question: textOrNull(row, 'question'),
    trials: numberOf(row, 'trials'),
    done: numberOrNull(row, 'done') ?? 0,
    failed: numberOrNull(row, 'failed') ?? 0,
    pending: numberOrNull(row, 'pending') ?? 0,
    stopped: numberOrNull(row, 'stopped') ?? 0,
    createdAt: textOf(row, 'created_at'),
    updatedAt: textOf(row, 'updated_at'),
    experimentPath: textOf(row, 'experiment_path'),
    claimed: numberOf(row, 'claimed') === 1,
    goal: toGoal(textOrNull(row, 'goal')),
    ...(hasBits(textOrNull(row, 'goal')) ? { hasFrontier: true } : {}),
    hasLatency: numberOf(row, 'has_latency') === 1,
  };
}

function hasBits(text: string | null): boolean {
  return text !== null && Object.hasOwn(JSON.parse(text) as object, 'bits');
}

function toGoal(text: string | null): GoalFacts | null {
  if (text === null) return null;
  const { maxDrop, minimize } = JSON.parse(text) as Pick<GoalFacts, 'maxDrop'> & { readonly minimize: string };
  // Bit operations choose bits layer by layer; trials have none to be told apart by.
  return minimize === 'latency' || minimize === 'size' ? { maxDrop, minimize } : null;
}

/** One trial of a sweep; null where the sweep has none of that number. */
export function readTrialFacts(query: Query, sweep: string, trial: number): TrialFacts | null {
  const row = toRows(query(factsSql.trial(sweep, trial), []))[0];
  return row === undefined ? null : toTrial(row);
}

function toTrial(row: Row): TrialFacts {
  return {
    trial: numberOf(row, 'trial'),
    position: numberOf(row, 'position'),
    label: textOf(row, 'label'),
    role: textOf(row, 'role') as TrialFacts['role'],
    status: textOf(row, 'status') as TrialFacts['status'],
    alphaMode: textOf(row, 'alpha_mode') as AlphaMode,
    alpha: numberOrNull(row, 'alpha'),
    absmax: textOrNull(row, 'absmax'),
    calibrationBatches: numberOrNull(row, 'calibration_batches'),
    metric: textOrNull(row, 'metric'),
    value: numberOrNull(row, 'value'),
    ciLow: numberOrNull(row, 'ci_low'),
    ciHigh: numberOrNull(row, 'ci_high'),
    fp32Value: numberOrNull(row, 'fp32_value'),
    gapToFp32: numberOrNull(row, 'gap_to_fp32'),
    unsmoothedValue: numberOrNull(row, 'unsmoothed_value'),
    gainOverUnsmoothed: numberOrNull(row, 'gain_over_unsmoothed'),
    meanL1: numberOrNull(row, 'mean_l1'),
    lossScope: textOrNull(row, 'loss_scope'),
    place: numberOrNull(row, 'place'),
    samples: numberOrNull(row, 'evaluated_samples'),
    model: textOrNull(row, 'model'),
    axes: JSON.parse(textOf(row, 'axes')) as Record<string, unknown>,
    settings: JSON.parse(textOf(row, 'settings')) as unknown,
  };
}

function toLayer(row: Row): LayerFacts {
  return {
    model: textOf(row, 'model'),
    position: numberOf(row, 'position'),
    name: textOf(row, 'layer'),
    op: textOf(row, 'op'),
    weightShape: textOf(row, 'weight_shape'),
    groups: numberOf(row, 'groups'),
    inputChannels: numberOf(row, 'input_channels'),
    outputChannels: numberOf(row, 'output_channels'),
    unsupported: textOrNull(row, 'unsupported'),
  };
}

function toComparison(row: Row): ComparisonFacts {
  return { ...toPairedTest(row), against: textOf(row, 'against') as ComparisonFacts['against'] };
}
