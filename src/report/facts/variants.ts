import { axisName, axisValue, isDrawnAxis, type AxisTrial } from './axes.js';

/** What the report needs of a trial to know which settings set it apart. */
export interface VariedTrial extends AxisTrial {
  readonly trial: number;
  readonly role: string;
}

/** Trials that differ in nothing but alpha, mode and calibration size. */
export interface Variant {
  /** e.g. `absmax = view, weight bits = 4`; empty where the sweep has one variant. */
  readonly label: string;
  readonly trials: ReadonlySet<number>;
}

type Values = readonly (string | null)[];

/**
 * Splits trials by every axis but the drawn ones, so that no chart mixes settings silently. A trial
 * to which an axis does not apply (the FP32 baseline under bit widths, the unsmoothed one under
 * absmax methods) belongs to every variant that agrees with it in the other axes. Variants come in
 * order of first appearance; at least one is returned.
 *
 * @param drawn a further axis that the chart shows itself
 */
export function splitVariants(trials: readonly VariedTrial[], drawn?: string): Variant[] {
  const paths = [...new Set(trials.flatMap((trial) => Object.keys(trial.axes)))].filter(
    (path) => !isDrawnAxis(path) && path !== drawn,
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

/**
 * Places of the trials that have equal values: many trials of few combinations are compared once a
 * combination.
 */
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

/** True where `general` equals `special` in every axis that applies to it. */
function covers(general: Values, special: Values): boolean {
  return general.every((value, index) => value === null || value === special[index]);
}

function distinct(list: readonly Values[]): Values[] {
  return [...new Map(list.map((values) => [JSON.stringify(values), values])).values()];
}
