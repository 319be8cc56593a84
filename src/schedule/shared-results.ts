import { withoutHistograms } from '../calibrate/calibrators/amax-by-calibrator.js';
import { calibrators } from '../calibrate/calibrators/registry.js';
import type { CalibrationSettings, QuantizationSettings } from '../experiment/sections/settings.js';
import type { ContentKey } from '../plan/plan.js';
import type { ObservationRecord } from '../records/observation-record.js';
import type { SweepStore } from '../store/store.js';

/** Results that are kept in memory: trials that follow each other take the same few. */
const MOST_KEPT = 12;

/**
 * What jobs take from finished stages, read from the store once for the many jobs that share it,
 * and one object for all of them: an executor that sends it elsewhere sends it once.
 */
export class SharedResults {
  readonly #store: SweepStore;
  readonly #kept = new Map<string, unknown>();

  constructor(store: SweepStore) {
    this.#store = store;
  }

  /**
   * The statistics that trials of a calibration size read. Histograms, which are large, go to a
   * child only where its calibrator reads them.
   */
  observation(
    stage: ContentKey,
    { batches }: CalibrationSettings,
    { activation }: QuantizationSettings,
  ): ObservationRecord {
    const readsHistograms = calibrators[activation.calibrator].reads === 'histograms';
    return this.#once(`observation ${stage} ${batches} ${readsHistograms}`, () => {
      const observation = this.#store.observation(stage, batches)!;
      if (readsHistograms) return observation;
      const { tensors } = observation;
      return {
        ...observation,
        inputs: observation.inputs.map((input) => ({ ...input, histograms: null })),
        ...(tensors === undefined ? {} : { tensors: withoutHistograms(tensors) }),
      };
    });
  }

  /** FP32 argmax by evaluation sample; null where the task has none. */
  referenceArgmax(stage: ContentKey): Int32Array | null {
    return this.#once(`argmax ${stage}`, () => this.#store.reference(stage)!.argmax);
  }

  /** Chosen alpha by layer. */
  alphas(stage: ContentKey): ReadonlyMap<string, number> {
    return this.#once(`alphas ${stage}`, () => this.#store.search(stage)!.alphas);
  }

  #once<Result>(name: string, read: () => Result): Result {
    // Under one name there is one kind of result.
    const result = this.#kept.has(name) ? (this.#kept.get(name) as Result) : read();
    this.#kept.delete(name);
    this.#kept.set(name, result);
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return result;
  }
}
