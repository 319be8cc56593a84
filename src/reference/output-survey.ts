import { createHash } from 'node:crypto';

/**
 * What was seen of a model's input and output over some samples: enough to tell afterwards whether
 * the output depends on the input at all, and what a metric of it can tell.
 */
export interface OutputSurvey {
  readonly samples: number;
  /** Numbers of the output a sample; null where the output's first axis is not the samples. */
  readonly size: number | null;
  /** Output of the first sample `[size]`; empty where it is longer than {@link LONGEST_ROW}. */
  readonly firstOutput: Float32Array;
  /** sha256 of the output of the first sample. */
  readonly firstSha256: string;
  /** Largest |y - y of the first sample|; NaN once an output is. */
  readonly deviation: number;
  readonly lowest: number;
  readonly highest: number;
  /** Samples whose output is all 0. */
  readonly zeroSamples: number;
  /**
   * Sum over pairs of consecutive samples of the cosine of their outputs, of pairs where neither is
   * all 0.
   */
  readonly neighbourCosines: number;
  readonly neighbourPairs: number;
  /** Of what the model was fed through its main input, after preprocessing. */
  readonly lowestInput: number;
  readonly highestInput: number;
}

/** What was seen of one of the outputs. */
export interface NamedSurvey {
  readonly output: string;
  readonly survey: OutputSurvey;
}

/** Longer outputs are told apart by their hash alone: parts of a stage keep their first output. */
export const LONGEST_ROW = 65_536;

/** Gathers an {@link OutputSurvey}, batch by batch. */
export class OutputSurveyor {
  #samples = 0;
  #size: number | null = null;
  #hasSizes = true;
  #first = new Float32Array(0);
  #previous = new Float32Array(0);
  #deviation = 0;
  #lowest = Infinity;
  #highest = -Infinity;
  #zeroSamples = 0;
  #neighbourCosines = 0;
  #neighbourPairs = 0;
  #lowestInput = Infinity;
  #highestInput = -Infinity;

  /** @param input of any number of samples */
  addInput(input: Float32Array): void {
    for (const value of input) {
      if (value < this.#lowestInput) this.#lowestInput = value;
      if (value > this.#highestInput) this.#highestInput = value;
    }
  }

  /** @param output `[samples, ...]`, row-major; not kept */
  addOutput(samples: number, output: Float32Array, shape: readonly number[]): void {
    const size = output.length / samples;
    if (shape[0] !== samples || size < 1 || (this.#size !== null && this.#size !== size)) this.#hasSizes = false;
    if (this.#hasSizes) {
      this.#size = size;
      for (let row = 0; row < samples; row += 1) this.#addRow(output.subarray(row * size, (row + 1) * size));
    }
    this.#samples += samples;
  }

  survey(): OutputSurvey {
    const bytes = new Uint8Array(this.#first.buffer, this.#first.byteOffset, this.#first.byteLength);
    return {
      samples: this.#samples,
      size: this.#hasSizes ? this.#size : null,
      firstOutput: this.#first.length > LONGEST_ROW ? new Float32Array(0) : this.#first,
      firstSha256: createHash('sha256').update(bytes).digest('hex'),
      deviation: this.#deviation,
      lowest: this.#lowest,
      highest: this.#highest,
      zeroSamples: this.#zeroSamples,
      neighbourCosines: this.#neighbourCosines,
      neighbourPairs: this.#neighbourPairs,
      lowestInput: this.#lowestInput,
      highestInput: this.#highestInput,
    };
  }

  #addRow(row: Float32Array): void {
    const isFirst = this.#first.length === 0;
    if (isFirst) this.#first = row.slice();
    const first = this.#first;
    const previous = isFirst ? row : this.#previous;
    let [product, own, other] = [0, 0, 0];
    for (let place = 0; place < row.length; place += 1) {
      const value = row[place]!;
      const before = previous[place]!;
      product += value * before;
      own += value * value;
      other += before * before;
      if (value < this.#lowest) this.#lowest = value;
      if (value > this.#highest) this.#highest = value;
      const deviation = Math.abs(value - first[place]!);
      // Not Math.max alone: NaN must stay.
      if (!(deviation <= this.#deviation)) this.#deviation = deviation;
    }
    if (own === 0) this.#zeroSamples += 1;
    if (!isFirst && own > 0 && other > 0) {
      this.#neighbourCosines += product / Math.sqrt(own * other);
      this.#neighbourPairs += 1;
    }
    if (isFirst) this.#previous = row.slice();
    else this.#previous.set(row);
  }
}

/** One survey of all samples of several; null where there is none, or one is missing. */
export function mergeSurveys(surveys: readonly (OutputSurvey | undefined)[]): OutputSurvey | null {
  const all = surveys.filter((survey) => survey !== undefined);
  const first = all[0];
  if (first === undefined || all.length < surveys.length) return null;
  const sum = (of: (survey: OutputSurvey) => number): number => all.reduce((total, each) => total + of(each), 0);
  return {
    ...first,
    samples: sum((each) => each.samples),
    size: all.every((each) => each.size === first.size) ? first.size : null,
    // From the first sample of all: at most a part's own first sample's, and what its samples are
    // from that one.
    deviation: all.reduce((most, each) => greater(most, each.deviation + distance(each, first)), 0),
    lowest: Math.min(...all.map((each) => each.lowest)),
    highest: Math.max(...all.map((each) => each.highest)),
    zeroSamples: sum((each) => each.zeroSamples),
    neighbourCosines: sum((each) => each.neighbourCosines),
    neighbourPairs: sum((each) => each.neighbourPairs),
    lowestInput: Math.min(...all.map((each) => each.lowestInput)),
    highestInput: Math.max(...all.map((each) => each.highestInput)),
  };
}

/** The same of several outputs; empty where a part is without. */
export function mergeNamedSurveys(parts: readonly (readonly NamedSurvey[] | undefined)[]): readonly NamedSurvey[] {
  return (parts[0] ?? []).flatMap(({ output }) => {
    const of = (surveys: readonly NamedSurvey[] | undefined): OutputSurvey | undefined =>
      surveys?.find((each) => each.output === output)?.survey;
    const survey = mergeSurveys(parts.map(of));
    return survey === null ? [] : [{ output, survey }];
  });
}

/** NaN where either is. */
function greater(one: number, other: number): number {
  return one >= other ? one : other;
}

/**
 * Largest difference of the first outputs; infinite where they differ and are too long to be there.
 */
function distance(one: OutputSurvey, other: OutputSurvey): number {
  if (one.firstSha256 === other.firstSha256) return 0;
  if (one.firstOutput.length === 0 || one.firstOutput.length !== other.firstOutput.length) return Infinity;
  return one.firstOutput.reduce((most, value, place) => greater(most, Math.abs(value - other.firstOutput[place]!)), 0);
}
