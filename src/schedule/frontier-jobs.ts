import type { CurvePoint } from '../frontier/assignment-curve.js';
import type { TrialJob } from '../engine/jobs/trial/trial-job.js';
import type { TrialSettings } from '../plan/plan.js';
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
