import { posix } from 'node:path';

/**
 * Paths of the axes that the report has charts or sentences for. All others need no mention: their
 * settings tell.
 */
export const axisPath = {
  alpha: 'smoothing.alpha',
  mode: 'smoothing.mode',
  absmax: 'smoothing.absmax',
  calibrationBatches: 'data.calibration.batches',
  sampleSeed: 'data.calibration.sampleSeed',
  sensitivity: 'layers.sensitivity',
  focus: 'layers.focus',
  model: 'model.path',
} as const;

/** Shown by charts as position and colour. */
const drawnAxes: readonly string[] = [
  axisPath.alpha,
  axisPath.mode,
  axisPath.calibrationBatches,
  axisPath.sensitivity,
  axisPath.focus,
];

/**
 * Sections whose settings matter to some trials only, those that search alphas; they stand side by
 * side.
 */
const drawnSections: readonly string[] = ['search'];

/** True where charts show an axis, so that its values make no charts of their own. */
export function isDrawnAxis(path: string): boolean {
  return drawnAxes.includes(path) || drawnSections.includes(path.split('.')[0]!);
}

/** What an axis' value is read from. */
export interface AxisTrial {
  /** Axis path -> value. */
  readonly axes: Readonly<Record<string, unknown>>;
  /**
   * Canonical settings of the trial; a null there means that the setting cannot matter to this
   * trial.
   */
  readonly settings: unknown;
}

/**
 * The value of an axis for a trial: of its axes, else of its settings (a block of the grid may
 * leave an axis out).
 */
export function axisValue({ axes, settings }: AxisTrial, path: string): string | null {
  const value = path in axes ? axes[path] : lookUp(settings, storedPath(path));
  // No seed is a choice: samples as they lie.
  if (path === axisPath.sampleSeed && value === null) return lookUp(settings, ['calibration']) === null ? null : 'none';
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return path === axisPath.model ? posix.basename(value) : value;
  return JSON.stringify(value);
}

/** Names of axes whose path without its section does not read as one. */
const axisNames: Readonly<Record<string, string>> = {
  [axisPath.model]: 'model',
  [axisPath.mode]: 'smoothing mode',
  'task.kind': 'task',
  [axisPath.sampleSeed]: 'calibration seed',
  [axisPath.focus]: 'layer',
  'layers.keepFloat': 'layers in float',
  'quantization.biasCorrection.method': 'bias correction',
  'search.order': 'search order',
  'search.objective': 'search objective',
  'loss.samples': 'loss samples',
};

/**
 * `smoothing.absmax` -> `absmax`, `quantization.weight.bits` -> `weight bits`, `layers.keepFloat`
 * -> `layers in float`: an axis as people say it. Its path stands beside it where it helps to find
 * the setting.
 */
export function axisName(path: string): string {
  const parts = path.split('.');
  return axisNames[path] ?? (parts.length > 1 ? parts.slice(1) : parts).map(inWords).join(' ');
}

/** `narrowRange` -> `narrow range`. */
function inWords(name: string): string {
  return name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/**
 * Where canonical settings have an axis: `calibration`, `batches` of `data.calibration.batches`.
 */
export function storedPath(path: string): string[] {
  return path.replace(/^data\./, '').split('.');
}

export function lookUp(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, part) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[part] : null),
    value,
  );
}
