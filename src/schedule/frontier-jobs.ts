import type { CurvePoint } from '../frontier/assignment-curve.js';
import type { TrialJob } from '../engine/jobs/trial/trial-job.js';
import type { TrialSettings } from '../plan/plan.js';
import type { StopRule } from '../engine/jobs/trial/trial-job.js';
import type { EvaluationRecord } from '../records/evaluation-record.js';
import { primaryAccuracy } from '../records/primary-accuracy.js';
import type { StoppedTrialRecord, TrialRecord } from '../records/trial-record.js';
import { MOST_EVALUATIONS } from '../frontier/cheapest-within.js';
import { dropFromReference, type Drop } from './drop-from-reference.js';
import type { LayerBitsRecord } from '../records/frontier-record.js';

/** Samples that the output's divergence is measured over. */
const DIVERGENCE_SAMPLES = 256;

/** Points of a curve that are kept. */
const CURVE_POINTS = 128;

/** What a trial's job takes of an assignment. */
export function precisionsOf(bits: LayerBitsRecord): Pick<TrialJob, 'keptFloat' | 'weightBits'> {
  return {
    keptFloat: bits.filter(([, own]) => own === null).map(([layer]) => layer),
    weightBits: new Map(bits.flatMap(([layer, own]) => (own === null ? [] : [[layer, own] as const]))),
  };
}

/** Of an evaluation on the way: the divergence of the whole network's output is what is read. */
export function frontierLoss({ loss, evaluation }: TrialSettings): TrialSettings['loss'] {
  const { samples } = evaluation;
  const most = samples === 'all' ? DIVERGENCE_SAMPLES : Math.min(samples, DIVERGENCE_SAMPLES);
  return { ...loss!, samples: Math.min(most, Math.max(loss!.samples, 1)), modes: ['accumulated'] };
}

/** The ends, and of those between every so many. */
export function thinnedCurve(curve: readonly CurvePoint[]): readonly CurvePoint[] {
  if (curve.length <= CURVE_POINTS) return curve;
  const step = (curve.length - 1) / (CURVE_POINTS - 1);
  return Array.from({ length: CURVE_POINTS }, (_, index) => curve[Math.round(index * step)]!);
}

/** Probability, at least, that no evaluation of a frontier that keeps the bound is stopped. */
export const BOUND_CONFIDENCE = 0.99;

/**
 * What stops an evaluation that breaks the bound, an equal share of the error each; null where the
 * metric does not count samples that are right.
 *
 * @param maxDrop share of the samples
 */
export function boundOf(
  { primaryMetric, outcomes }: EvaluationRecord,
  maxDrop: number,
): Pick<StopRule, 'confidence' | 'outcome' | 'maxDrop'> | null {
  const outcome = outcomes.find(({ metric, kind }) => metric === primaryMetric && kind === 'bitset');
  return outcome === undefined ? null : { confidence: 1 - (1 - BOUND_CONFIDENCE) / MOST_EVALUATIONS, outcome, maxDrop };
}

/**
 * How far an evaluation is below FP32; of a stopped one by the samples that it saw: an estimate.
 */
export function dropOf(
  value: TrialRecord | StoppedTrialRecord,
  fp32: EvaluationRecord,
): Drop & { readonly seen: number; readonly stopped?: 'test' | 'certain' } {
  if (!('stopped' in value)) return { ...dropFromReference(fp32, value.evaluation), seen: value.evaluation.samples };
  const { reason, seen, onlyTrial, onlyOther } = value.stopped;
  const drop = (onlyOther - onlyTrial) / seen;
  return { value: primaryAccuracy(fp32)!.value - drop, drop, interval: null, seen, stopped: reason };
}
