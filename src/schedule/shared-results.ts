import { withoutHistograms } from '../calibrate/calibrators/amax-by-calibrator.js';
import { calibrators } from '../calibrate/calibrators/registry.js';
import { readsMoments, roundingOf } from '../experiment/sections/quantization.js';
import { momentsOfSearch } from '../experiment/sections/search.js';
import type { CalibrationSettings, QuantizationSettings } from '../experiment/sections/settings.js';
import type { ContentKey, TrialSettings } from '../plan/plan.js';
import type { MomentsRecord } from '../records/moments-record.js';
import type { ObservationRecord } from '../records/observation-record.js';
import type { SweepStore } from '../store/store.js';

/** Bytes of second moments that are kept in memory, beyond the last ones. */
const MOST_MOMENTS_BYTES = 256 * 2 ** 20;

/** Results that are kept in memory: trials that follow each other take the same few. */
const MOST_KEPT = 12;

/**
 * What jobs take from finished stages, read from the store once for the many jobs that share it,
 * and one object for all of them: an executor that sends it elsewhere sends it once.
 */
export class SharedResults {
  readonly #store: SweepStore;
  readonly #kept = new Map<string, unknown>();
  readonly #moments = new Map<string, { readonly bytes: number; readonly record: MomentsRecord }>();

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

  /** Second moments over so many samples. They are large: only the last few stay in memory. */
  moments(stage: ContentKey, samples: number): MomentsRecord {
    const name = `${stage} ${samples}`;
    const known = this.#moments.get(name);
    this.#moments.delete(name);
    const record = known?.record ?? this.#store.moments(stage, samples)!;
    this.#moments.set(name, known ?? { bytes: bytesOf(record), record });
    let total = [...this.#moments.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [oldest, { bytes }] of this.#moments) {
      if (total <= MOST_MOMENTS_BYTES || this.#moments.size === 1) break;
      this.#moments.delete(oldest);
      total -= bytes;
    }
    return record;
  }

  /** What a trial's weights are quantized by, and its losses predicted; null: it has none. */
  momentsOf({
    momentsKey,
    settings: { quantization, search },
  }: {
    readonly momentsKey?: ContentKey | null;
    readonly settings: Pick<TrialSettings, 'quantization' | 'search'>;
  }): MomentsRecord | null {
    if (momentsKey === undefined || momentsKey === null || quantization === null) return null;
    if (readsMoments(quantization)) return this.moments(momentsKey, roundingOf(quantization).samples);
    // A trial that has the stage for its search alone predicts its losses by them.
    const searched = search && momentsOfSearch(search);
    return searched === null ? null : this.moments(momentsKey, searched);
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

function bytesOf({ layers }: MomentsRecord): number {
  return layers.reduce((sum, { products, means }) => sum + products.byteLength + means.byteLength, 0);
}
