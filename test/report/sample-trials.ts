import type { Sample } from './sample-database.js';

/** One trial of a synthetic sweep. */
export interface SampleTrial {
  /** Place in the sweep; ids add the sweep's base. */
  readonly offset: number;
  readonly role: 'fp32' | 'unsmoothed' | 'candidate';
  readonly mode: 'none' | 'static' | 'dynamic';
  readonly alpha: number | null;
  readonly absmax: 'channel' | 'view' | null;
  readonly size: number | null;
  readonly weightBits: number | null;
  /** Null: nothing is said of it. */
  readonly target: string | null;
  readonly value: number;
  readonly status: 'done' | 'failed' | 'pending' | 'stopped';
  readonly label: string;
  readonly axes: Readonly<Record<string, unknown>>;
  readonly settings: unknown;
  /** Offsets of the counterparts. */
  readonly fp32: number | null;
  readonly unsmoothed: number | null;
}

type Draft = Omit<SampleTrial, 'offset' | 'status' | 'fp32' | 'unsmoothed'>;

/** The trials in the order baselines, then grid. */
export function sampleTrials(sample: Sample): SampleTrial[] {
  const { baselines, sizes, weightBits, methods, alphas, dynamic } = sample;
  const combinations = (sample.targets.length === 0 ? [null] : sample.targets).flatMap((target) =>
    weightBits.flatMap((bits) => sizes.map((size) => ({ bits, size, target }))),
  );
  const drafts: Draft[] = [
    ...(baselines.includes('fp32') ? [fp32(sample)] : []),
    ...(baselines.includes('unsmoothed')
      ? combinations.map(({ bits, size, target }) => quantized(sample, target, bits, size, 'none', null, null))
      : []),
    ...methods.flatMap((method) =>
      combinations.flatMap(({ bits, size, target }) => [
        ...alphas.map((alpha) => quantized(sample, target, bits, size, 'static', alpha, method)),
        ...(dynamic ? [quantized(sample, target, bits, size, 'dynamic', null, method)] : []),
      ]),
    ),
  ];
  const fp32Offset = drafts.findIndex((draft) => draft.role === 'fp32');
  return drafts.map((draft, offset) => ({
    ...draft,
    offset,
    status:
      offset >= drafts.length - sample.failed
        ? 'failed'
        : offset >= drafts.length - sample.failed - sample.pending
          ? 'pending'
          : offset >= drafts.length - sample.failed - sample.pending - sample.stopped
            ? 'stopped'
            : 'done',
    fp32: fp32Offset === -1 ? null : fp32Offset,
    unsmoothed: orNull(
      drafts.findIndex(
        (one) =>
          one.role === 'unsmoothed' &&
          one.size === draft.size &&
          one.weightBits === draft.weightBits &&
          one.target === draft.target,
      ),
    ),
  }));
}

function fp32(sample: Sample): Draft {
  return {
    role: 'fp32',
    mode: 'none',
    alpha: null,
    absmax: null,
    size: null,
    weightBits: null,
    target: null,
    value: sample.fp32,
    label: 'fp32',
    axes: {},
    settings: { role: 'fp32', smoothing: { mode: 'none', alpha: null, absmax: null } },
  };
}

function quantized(
  sample: Sample,
  target: string | null,
  bits: number,
  size: number,
  mode: 'none' | 'static' | 'dynamic',
  alpha: number | null,
  absmax: 'channel' | 'view' | null,
): Draft {
  const parts = [
    mode === 'none' ? 'unsmoothed' : mode === 'static' ? `static alpha=${alpha ?? ''}` : 'dynamic alpha',
    `${size} batches`,
    ...(sample.methods.length > 1 && absmax !== null ? [`absmax ${absmax}`] : []),
    ...(sample.weightBits.length > 1 ? [`weight bits ${bits}`] : []),
    ...(sample.targets.length > 1 ? [`target=${target ?? ''}`] : []),
    ...(sample.name.includes('<') ? [sample.name] : []),
  ];
  return {
    role: mode === 'none' ? 'unsmoothed' : 'candidate',
    mode,
    alpha,
    absmax,
    size,
    weightBits: bits,
    target,
    value: value(sample, bits, size, mode, alpha, absmax),
    label: parts.join(', '),
    axes: {
      ...(mode === 'static' ? { 'smoothing.alpha': alpha } : {}),
      'data.calibration.batches': size,
      ...(sample.methods.length > 1 && absmax !== null ? { 'smoothing.absmax': absmax } : {}),
      ...(sample.targets.length > 1 ? { target } : {}),
      ...(sample.weightBits.length > 1 ? { 'quantization.weight.bits': bits } : {}),
    },
    settings: {
      role: mode === 'none' ? 'unsmoothed' : 'candidate',
      calibration: { batches: size, batchSize: 4 },
      quantization: { weight: { bits, granularity: 'tensor' }, activation: { bits: 8 } },
      smoothing: { mode, alpha, absmax },
      ...(target === null || target === 'layers-only' ? {} : { target }),
    },
  };
}

/**
 * A curve with its top near 0.2, a slower fall to the right, and a little deterministic scatter.
 */
function value(
  sample: Sample,
  bits: number,
  size: number,
  mode: string,
  alpha: number | null,
  absmax: string | null,
): number {
  const sizeIndex = sample.sizes.indexOf(size);
  const height = sample.top - (8 - bits) * 0.04 + 0.0012 * sizeIndex - (absmax === 'view' ? 0.013 : 0);
  if (mode === 'none') return sample.unsmoothed + 0.004 * sizeIndex;
  if (mode === 'dynamic') return height - 0.021;
  const at = alpha ?? 0;
  const fall = at < 0.2 ? 0.6 * (0.2 - at) ** 2 : 0.22 * (at - 0.2) ** 2.6;
  const scatter = 0.0014 * Math.sin(57 * at + 3 * sizeIndex + (absmax === 'view' ? 1 : 0));
  return Math.round(sample.evaluationSamples * (height - fall + scatter)) / sample.evaluationSamples;
}

function orNull(index: number): number | null {
  return index === -1 ? null : index;
}
