import type { ObservationRecord } from '../records/observation-record.js';
import type { ObserveStage, PlannedStage, PlannedTrial, SweepPlan } from '../plan/plan.js';
import { isInFocus } from '../quantize/select-layers.js';
import type { SweepReader } from '../store/store.js';
import type { SweepInputs } from '../prepare/sweep-inputs.js';

/** What a finished stage shows to be wrong with a sweep. */
export interface SweepWarning {
  /** True where no trial that builds on the stage can be called the best. */
  readonly voids: boolean;
  /** What was seen, and what to do: whole sentences. */
  readonly text: string;
}

/** What warnings are read from. */
export interface WarningSources {
  readonly plan: SweepPlan;
  readonly store: Pick<SweepReader, 'reference' | 'observation'>;
  readonly inputs: Pick<SweepInputs, 'selectedLayers'>;
}

/** Layers named in one warning. */
const MOST_NAMES = 8;

/**
 * What is wrong, as far as a finished stage tells: nonsense of FP32, and unsigned quantizers of
 * negative inputs.
 */
export function stageWarnings(stage: PlannedStage, sources: WarningSources): readonly SweepWarning[] {
  switch (stage.kind) {
    case 'reference':
      return (sources.store.reference(stage.key)?.warnings ?? []).map(({ voids, message, cause }) => ({
        voids,
        text: `${message} ${cause}`,
      }));
    case 'observe':
      return unsignedWarnings(stage, sources);
    case 'moments':
    case 'search':
    case 'rank':
    case 'keep':
      return [];
  }
}

/**
 * Trials that quantize inputs as unsigned although calibration saw values below 0 in them, by the
 * layers.
 */
function unsignedWarnings(stage: ObserveStage, { plan, store, inputs }: WarningSources): readonly SweepWarning[] {
  const trials = plan.trials.filter(
    ({ observeKey, settings }) => observeKey === stage.key && settings.quantization?.activation.scheme === 'unsigned',
  );
  const sizes = new Set(trials.map(({ settings }) => settings.calibration!.batches));
  return [...sizes].flatMap((batches) => {
    const own = trials.filter(({ settings }) => settings.calibration!.batches === batches);
    const observation = store.observation(stage.key, batches);
    const lowest = observation === null ? [] : negativeInputs(observation, own, inputs);
    return lowest.length === 0 ? [] : [{ voids: false, text: unsignedText(own.length, lowest) }];
  });
}

type Lowest = readonly [layer: string, lowest: number];

/**
 * Layers that one of the trials may quantize, with the lowest value of their input where that is
 * below 0, that first.
 */
function negativeInputs(
  observation: ObservationRecord,
  trials: readonly PlannedTrial[],
  inputs: Pick<SweepInputs, 'selectedLayers'>,
): readonly Lowest[] {
  const quantized = new Set(
    trials.flatMap(({ settings: { model, layers } }) =>
      inputs.selectedLayers(model.path, layers!).filter((layer) => isInFocus(layer, layers!)),
    ),
  );
  return observation.inputs
    .filter(({ layer }) => quantized.has(layer))
    .map(({ layer, min }): Lowest => [layer, min.reduce((least, value) => Math.min(least, value), Infinity)])
    .filter(([, lowest]) => lowest < 0)
    .sort((a, b) => a[1] - b[1]);
}

/** The sentence of `run`; the report's is like it (src/report/facts/sweep-warnings.ts). */
export function unsignedText(trials: number, lowest: readonly Lowest[]): string {
  const named = lowest.slice(0, MOST_NAMES).map(([layer, value]) => `${layer} (${Number(value.toPrecision(3))})`);
  const more = lowest.length > MOST_NAMES ? ` and ${lowest.length - MOST_NAMES} more` : '';
  const [count, are] = trials === 1 ? ['1 trial', 'quantizes'] : [`${trials} trials`, 'quantize'];
  return `${count} with quantization.activation.scheme unsigned ${are} inputs that were below 0 during calibration; those values become 0. Lowest values by layer: ${named.join(', ')}${more}. Use signed, auto or asymmetric.`;
}
