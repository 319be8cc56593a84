import type { LayerRankRecord } from '../src/records/rank-record.js';
import type { ObservationRecord } from '../src/records/observation-record.js';
import type { QuantizerRecord } from '../src/records/quantizer-record.js';
import type { SearchRecord } from '../src/records/search-record.js';
import type { TrialRecord } from '../src/records/trial-record.js';
import type { ObserveStage, PlannedTrial, SearchStage } from '../src/plan/plan.js';
import type { SyntheticGrid } from './synthetic-experiment.js';
import { SyntheticNumbers } from './synthetic-numbers.js';

/**
 * What the stages and trials of a synthetic sweep would have produced, in the form in which a run
 * hands it to the store.
 */
export class SyntheticRecords {
  readonly #numbers: SyntheticNumbers;
  readonly #factors = new Map<string, Float32Array>();
  readonly #ranges: readonly Float64Array[];
  readonly #positions: readonly number[];

  constructor(readonly grid: SyntheticGrid) {
    this.#numbers = new SyntheticNumbers(grid);
    this.#positions = Array.from({ length: grid.layers }, (_, position) => position);
    this.#ranges = this.#positions.map((position) =>
      Float64Array.from(JSON.parse(this.#numbers.channelRanges(position)) as number[]),
    );
  }

  /**
   * Statistics at every prefix of an observe stage, with the mistaken absmax and without
   * histograms.
   */
  observations({ snapshots, calibration }: ObserveStage): ObservationRecord[] {
    return snapshots.map((batches) => ({
      batches,
      samples: batches * calibration.batchSize,
      inputs: this.#positions.map((position) => {
        const amax = this.#numbers.rawAmax(position, batches);
        const absmax = Float64Array.from(
          { length: this.grid.channels },
          (_, channel) => amax / (1 + ((channel * 7) % 23)),
        );
        return {
          layer: this.#numbers.layerName(position),
          min: new Float64Array(this.grid.channels),
          max: absmax,
          absmax,
          absmaxView: absmax.map(() => amax / 2),
          histograms: null,
        };
      }),
    }));
  }

  /** Losses of every layer at every candidate, and the choice of each layer. */
  search(_stage: SearchStage, number: number): SearchRecord {
    const { alphas } = this.#numbers;
    const chosen = this.#positions.map((position) => this.#numbers.chosenAlpha(position, number));
    return {
      points: this.#positions.flatMap((position) =>
        alphas.map((alpha) => {
          const loss = 0.005 * (1 + position / 6) * (1 + 2 * (alpha - chosen[position]!) ** 2);
          const layer = this.#numbers.layerName(position);
          return { layer, alpha, sweep: 0, loss, relL1: 2 * loss, chosen: alpha === chosen[position] };
        }),
      ),
      alphaCurve: [],
      alphas: new Map(this.#positions.map((position) => [this.#numbers.layerName(position), chosen[position]!])),
    };
  }

  /** Layers in graph order: the first is the worst to quantize. */
  rank(): LayerRankRecord[] {
    return this.#positions.map((position) => ({
      layer: this.#numbers.layerName(position),
      divergence: 1 / (1 + position),
    }));
  }

  /** Everything that one trial measured. */
  trial(trial: PlannedTrial): TrialRecord {
    const { settings } = trial;
    const isFp32 = settings.role === 'fp32';
    const { data, correct } = this.#numbers.outcome(trial);
    const samples = this.grid.evaluationSamples;
    const value = correct / samples;
    const half = 1.96 * Math.sqrt((value * (1 - value)) / samples);
    const positions = isFp32 ? [] : this.#quantized(trial);
    const interval = {
      ciLow: value - half,
      ciHigh: value + half,
      ciMethod: 'wilson',
      correct,
      total: samples,
    } as const;
    const none = { ciLow: null, ciHigh: null, ciMethod: null, correct: null, total: null } as const;
    return {
      evaluation: {
        primaryMetric: 'top1',
        samples,
        accuracies: [
          { metric: 'top1', slice: '', value, ...interval },
          { metric: 'agreement', slice: '', value: isFp32 ? 1 : Math.min(1, value + 0.05), ...none },
        ],
        outcomes: [{ metric: 'top1', kind: 'bitset', count: samples, data }],
      },
      losses: positions.flatMap((position) =>
        (['accumulated', 'isolated'] as const).map((mode) => {
          const share = mode === 'accumulated' ? 1 : 0.3;
          const l1 = share * this.#numbers.layerL1(position, this.#alpha(position, trial), settings);
          const sqnrDb = 40 - 20 * Math.log10(l1 / 0.004);
          const layer = this.#numbers.layerName(position);
          return { layer, mode, l1, relL1: 1.7 * l1, mse: l1 * l1, sqnrDb, cosine: 0.999, maxAbs: 20 * l1 };
        }),
      ),
      lossSamples: isFp32 ? 0 : settings.loss!.samples,
      quantizers: positions.flatMap((position) => this.#quantizers(position, trial)),
      smoothing: positions.map((position) => {
        const alpha = this.#alpha(position, trial);
        return {
          layer: this.#numbers.layerName(position),
          alpha,
          apply: alpha === null ? 'none' : 'insert',
          fallbackReason: null,
          deadChannels: 0,
          s: this.#s(position, alpha),
        };
      }),
      biasCorrections: [],
      outputDivergence: isFp32 ? null : (1 - value) ** 2,
      gate: isFp32 ? null : { maxRelativeError: 2e-6, samples: 16 },
    };
  }

  #quantized({ settings: { layers } }: PlannedTrial): readonly number[] {
    return this.#positions.filter((position) => {
      const isFocus = layers!.focus === this.#numbers.layerName(position);
      if (layers!.sensitivity === 'only' ? !isFocus : layers!.sensitivity === 'allBut' && isFocus) return false;
      return position >= Number(layers!.keepFloat);
    });
  }

  #alpha(position: number, { settings: { smoothing } }: PlannedTrial): number | null {
    return smoothing.mode === 'dynamic' ? this.#numbers.chosenAlpha(position, 0) : smoothing.alpha;
  }

  #s(position: number, alpha: number | null): Float32Array {
    const name = `${position} ${alpha ?? ''}`;
    const known = this.#factors.get(name);
    if (known !== undefined) return known;
    const s = Float32Array.from(JSON.parse(this.#numbers.factors(position, alpha).s) as number[]);
    this.#factors.set(name, s);
    return s;
  }

  #quantizers(position: number, trial: PlannedTrial): QuantizerRecord[] {
    const alpha = this.#alpha(position, trial);
    const { activation, weight } = trial.settings.quantization!;
    const perChannel = weight.granularity === 'channel';
    const before = this.#numbers.rawAmax(position, trial.settings.calibration!.batches);
    const after = alpha === null ? before : 0.8 * before ** (1 - alpha);
    const wide = 0.4 + 0.01 * position;
    const grown = alpha === null ? wide : wide * (1 + 4 * alpha);
    const common = {
      layer: this.#numbers.layerName(position),
      signed: true,
      zeroPoint: 0,
      narrowRange: false,
      lowChannels: null,
    };
    return [
      {
        ...common,
        role: 'input',
        granularity: 'tensor',
        bits: activation.bits,
        amax: after,
        amaxUnsmoothed: before,
        scale: after / 127,
        low: -after,
        amaxChannels: null,
      },
      {
        ...common,
        role: 'weight',
        granularity: weight.granularity,
        bits: weight.bits,
        amax: grown,
        amaxUnsmoothed: wide,
        scale: grown / 127,
        low: -grown,
        amaxChannels: perChannel ? this.#ranges[position]! : null,
      },
    ];
  }
}
