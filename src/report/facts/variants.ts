import { posix } from 'node:path';

/** What the report needs of a trial to know which settings set it apart. */
export interface VariedTrial {
  readonly trial: number;
  readonly role: string;
  /** Axis path -> value. */
  readonly axes: Readonly<Record<string, unknown>>;
  /** Canonical settings of the trial; a null there means that the setting cannot matter to this trial. */
  readonly settings: unknown;
}

/** Trials that differ in nothing but alpha, mode and calibration size. */
export interface Variant {
  /** e.g. `absmax = view, weight bits = 4`; empty where the sweep has one variant. */
  readonly label: string;
  readonly trials: ReadonlySet<number>;
}

/**
 * Axes that charts show as position and colour, so that they make no variants. How alphas were searched matters to some
 * trials only; those stand side by side.
 */
export const drawnAxes: readonly string[] = [
  'smoothing.alpha',
  'smoothing.mode',
  'data.calibration.batches',
  'search.order',
  'search.objective',
  'search.sweeps',
  'search.samples',
  'search.ties',
  'search.candidates',
  'layers.sensitivity',
  'layers.focus',
];

/** Axis path of the seed of calibration samples, whose null is a choice: samples as they lie. */
const sampleSeedAxis = 'data.calibration.sampleSeed';

function calibrates({ settings }: VariedTrial): boolean {
  return lookUp(settings, ['calibration']) !== null;
}

/** Axis path of the absmax method. */
export const absmaxAxis = 'smoothing.absmax';

type Values = readonly (string | null)[];

/**
 * Splits trials by every axis but the drawn ones, so that no chart mixes settings silently. A trial to which an axis
 * does not apply (the FP32 baseline under bit widths, the unsmoothed one under absmax methods) belongs to every variant
 * that agrees with it in the other axes. Variants come in order of first appearance; at least one is returned.
 */
export function splitVariants(trials: readonly VariedTrial[], drawn: readonly string[] = drawnAxes): Variant[] {
  const paths = [...new Set(trials.flatMap((trial) => Object.keys(trial.axes)))].filter(
    (path) => !drawn.includes(path),
  );
  const values = new Map(trials.map((trial) => [trial.trial, paths.map((path) => axisValue(trial, path))] as const));
  const varying = paths.map((_, index) => new Set([...values.values()].map((v) => v[index] ?? null)).size > 1);
  const combinations = distinct(trials.filter((t) => t.role === 'candidate').map((t) => values.get(t.trial) ?? []));
  // One without a null covers no other.
  const variants = combinations.filter(
    (one) => !one.includes(null) || !combinations.some((other) => other !== one && covers(one, other)),
  );
  if (variants.length < 2) return [{ label: '', trials: new Set(trials.map((trial) => trial.trial)) }];
  const alike = membersByValues(trials, values);
  return variants.map((variant) => ({
    label: paths
      .filter((_, index) => varying[index] === true && variant[index] !== null)
      .map((path) => `${axisName(path)} = ${variant[paths.indexOf(path)] ?? ''}`)
      .join(', '),
    trials: new Set(
      alike
        .filter((one) => covers(one.values, variant))
        .flatMap((one) => one.places)
        .sort((a, b) => a - b)
        .map((place) => trials[place]!.trial),
    ),
  }));
}

/** Places of the trials that have equal values: many trials of few combinations are compared once a combination. */
function membersByValues(
  trials: readonly VariedTrial[],
  valuesOf: ReadonlyMap<number, Values>,
): readonly { readonly values: Values; readonly places: readonly number[] }[] {
  const groups = new Map<string, { readonly values: Values; readonly places: number[] }>();
  trials.forEach(({ trial }, place) => {
    const values = valuesOf.get(trial) ?? [];
    const key = JSON.stringify(values);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { values, places: [place] });
    else group.places.push(place);
  });
  return [...groups.values()];
}

/** The value of an axis for a trial: of its axes, else of its settings (a block of the grid may leave an axis out). */
export function axisValue(trial: VariedTrial, path: string): string | null {
  const value = path in trial.axes ? trial.axes[path] : lookUp(trial.settings, path.replace(/^data\./, '').split('.'));
  if (path === sampleSeedAxis && value === null) return calibrates(trial) ? 'none' : null;
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return path === 'model.path' ? posix.basename(value) : value;
  return JSON.stringify(value);
}

/** `smoothing.absmax` -> `absmax`, `quantization.weight.bits` -> `weight bits`, `model.path` -> `model`. */
export function axisName(path: string): string {
  if (path === 'model.path') return 'model';
  const parts = path.split('.');
  return (parts.length > 1 ? parts.slice(1) : parts).join(' ');
}

function lookUp(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, part) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[part] : null),
    value,
  );
}

/** True where `general` equals `special` in every axis that applies to it. */
function covers(general: Values, special: Values): boolean {
  return general.every((value, index) => value === null || value === special[index]);
}

function distinct(list: readonly Values[]): Values[] {
  return [...new Map(list.map((values) => [JSON.stringify(values), values])).values()];
}
