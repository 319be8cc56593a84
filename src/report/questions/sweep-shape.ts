import { axisPath, axisValue } from '../facts/axes.js';
import { trialTarget } from '../facts/trial-target.js';

/** What the shape needs of a trial, planned or stored: no result. */
export interface ShapeTrial {
  readonly role: 'fp32' | 'unsmoothed' | 'candidate' | 'sensitivity';
  /** Axis path -> value. */
  readonly axes: Readonly<Record<string, unknown>>;
  /** Canonical settings. */
  readonly settings: unknown;
}

/** A setting that the sweep goes through. */
export interface VaryingAxis {
  /** e.g. `quantization.weight.bits` */
  readonly path: string;
  /** Its values in words, numbers ascending first. */
  readonly values: readonly string[];
  /** Those of its values that are numbers, ascending. */
  readonly numbers: readonly number[];
}

/**
 * What varies in a sweep and what its trials are: all that decides which questions it asks. Made of
 * stored trials and of a plan alike; results do not matter to it.
 */
export interface SweepShape {
  /** Settings of the candidates with two values or more, in the order of the grid. */
  readonly axes: readonly VaryingAxis[];
  /**
   * How many of them are free of each other. Mode, alpha and search of the smoothing are one: most
   * modes have no alpha.
   */
  readonly dimensions: number;
  readonly candidates: number;
  readonly sensitivity: readonly ('only' | 'allBut')[];
  /** Trials with one layer in float have no counterpart that quantizes every layer. */
  readonly lacksWhole: boolean;
  readonly baselines: readonly ('fp32' | 'unsmoothed')[];
  /** Ways to smooth, however many alphas one has; bias correction counts apart. */
  readonly methods: readonly string[];
  readonly models: number;
  /** What outputs are scored by, e.g. `classification`. */
  readonly tasks: readonly string[];
  /** Evaluation samples that the experiment file asks for, at least; null: all there are. */
  readonly samples: number | null;
  /** What quantized trials are deployed on, in the order of the sweep. */
  readonly targets: readonly string[];
  /** Whether the latency of trials was measured, or will be. */
  readonly measuresLatency: boolean;
  /** FP32 itself is no reference: no result can be judged. False of a plan. */
  readonly isVoid: boolean;
}

/** Settings that say how alphas come about. */
const smoothingPaths = /^(smoothing\.(mode|alpha)|search\..*)$/;

/** The shape of a sweep with these trials. */
export function sweepShape(trials: readonly ShapeTrial[], isVoid = false, measuresLatency = false): SweepShape {
  const candidates = trials.filter(({ role }) => role === 'candidate');
  const layerwise = trials.filter(({ role }) => role === 'sensitivity');
  const axes = varyingAxes(candidates.length > 0 ? candidates : layerwise);
  const free = axes.filter(({ path }) => !smoothingPaths.test(path)).length;
  const smoothing = axes.some(({ path }) => smoothingPaths.test(path)) ? 1 : 0;
  const samples = trials.map(({ settings }) => numberAt(settings, 'evaluation', 'samples')).filter((n) => n !== null);
  return {
    axes,
    dimensions: free + smoothing,
    candidates: candidates.length,
    sensitivity: (['only', 'allBut'] as const).filter((kind) =>
      layerwise.some(({ settings }) => at(settings, 'layers', 'sensitivity') === kind),
    ),
    lacksWhole: lacksWhole(trials),
    baselines: (['fp32', 'unsmoothed'] as const).filter((role) => trials.some((trial) => trial.role === role)),
    methods: [...new Set(candidates.map(methodOf))],
    models: new Set(trials.map(({ settings }) => textAt(settings, 'model', 'path') ?? '')).size,
    tasks: [...new Set(trials.map(({ settings }) => textAt(settings, 'task', 'kind') ?? ''))],
    targets: [...new Set(trials.map(trialTarget).filter((target) => target !== null))],
    measuresLatency,
    samples: samples.length === 0 ? null : Math.min(...samples),
    isVoid,
  };
}

/** The axis of that path; null where it does not vary. */
export function axisOf({ axes }: SweepShape, path: string): VaryingAxis | null {
  return axes.find((axis) => axis.path === path) ?? null;
}

/** How many numbers alpha goes through: charts over alpha need two. */
export function alphaCount(shape: SweepShape): number {
  return axisOf(shape, axisPath.alpha)?.numbers.length ?? 0;
}

/** The axes whose values cost something to run: bits of numbers, and layers left in float. */
export function costAxes({ axes }: SweepShape): readonly VaryingAxis[] {
  return axes.filter(({ path }) => isCostPath(path));
}

/** Whether a setting changes how large or fast the deployed model is. */
export function isCostPath(path: string): boolean {
  return /\.bits$/.test(path) || path === 'layers.keepFloat' || path === 'layers.rules' || path === 'layers.exclude';
}

/** Counterparts are equal but for what v_alike leaves out of `but_layer`. */
function lacksWhole(trials: readonly ShapeTrial[]): boolean {
  const alike = ({ settings }: ShapeTrial): string => {
    const { layers, ...own } = settings as { readonly layers?: object };
    const shared = { ...own, layers: { ...layers, sensitivity: null, focus: null }, role: null, evaluation: null };
    return JSON.stringify(Object.entries(shared).sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  const kept = trials.filter(({ settings }) => at(settings, 'layers', 'sensitivity') === 'allBut');
  if (kept.length === 0) return false;
  const whole = new Set(trials.filter(({ role }) => role !== 'sensitivity' && role !== 'fp32').map(alike));
  return kept.some((trial) => !whole.has(alike(trial)));
}

function varyingAxes(trials: readonly ShapeTrial[]): VaryingAxis[] {
  const paths = [...new Set(trials.flatMap(({ axes }) => Object.keys(axes)))].filter(
    (path) => path !== axisPath.sensitivity && path !== axisPath.focus,
  );
  return paths.flatMap((path) => {
    const values = [...new Set(trials.map((trial) => axisValue(trial, path)).filter((value) => value !== null))];
    if (values.length < 2) return [];
    const numbers = values.filter(isNumber).map(Number);
    return [
      {
        path,
        values: [...numbers.sort((a, b) => a - b).map(String), ...values.filter((value) => !isNumber(value))],
        numbers,
      },
    ];
  });
}

function isNumber(value: string): boolean {
  return value.trim() !== '' && Number.isFinite(Number(value));
}

function methodOf({ settings }: ShapeTrial): string {
  const mode = textAt(settings, 'smoothing', 'mode') ?? 'none';
  const name = mode === 'static' && at(settings, 'smoothing', 'alpha') === 'auto' ? 'auto' : mode;
  const search = [textAt(settings, 'search', 'order'), textAt(settings, 'search', 'objective')];
  const corrected = textAt(settings, 'quantization', 'biasCorrection', 'method');
  return [name, ...search, corrected === 'none' ? null : corrected].filter((part) => part !== null).join(' ');
}

function numberAt(settings: unknown, ...path: readonly string[]): number | null {
  const value = at(settings, ...path);
  return typeof value === 'number' ? value : null;
}

function textAt(settings: unknown, ...path: readonly string[]): string | null {
  const value = at(settings, ...path);
  return typeof value === 'string' ? value : null;
}

function at(settings: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, part) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[part] : null),
    settings,
  );
}
