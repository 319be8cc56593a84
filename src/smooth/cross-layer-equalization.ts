import type { FoldRegion } from '../onnx/folding/fold-region.js';
import type { Layer } from '../onnx/layers/layers.js';
import { readFloatTensor } from '../onnx/tensor.js';
import { visitKernels } from '../onnx/layers/weight-layout.js';
import { DEAD_CHANNEL_ABSMAX, type SmoothingFactors } from './smoothing-factors.js';

/**
 * Passes over all regions end when no factor of the last one is further than this from 1, as a
 * logarithm.
 */
const TOLERANCE = 1e-4;

/**
 * Passes at most. Any factors leave the model's function as it is, so stopping early costs only
 * evenness.
 */
const MOST_PASSES = 100;

/**
 * A weight reduced to the largest magnitude of each connected pair of channels, with the factors
 * that apply to it.
 */
interface Ranges {
  readonly inputs: Int32Array;
  readonly outputs: Int32Array;
  readonly absmax: Float64Array;
  /** `[I]` multiplies; null while nothing is folded there. */
  inputFactors: Float64Array | null;
  /** `[O]` divides */
  outputFactors: Float64Array | null;
}

/**
 * Cross-layer equalization (Nagel et al. 2019, arXiv 1906.04721, section 4.1, equation 11): for
 * every region the factors `s = sqrt(r1 / r2)` with which channel c of the producer's weight,
 * divided by s, and of the readers' weights, multiplied by s, have one range `sqrt(r1 * r2)`. r1 is
 * the largest magnitude of the producer's output channel, r2 that of the input channel over all
 * readers. Regions that share a layer pull at each other: all are gone through until nothing moves.
 *
 * Weights alone decide: no data is needed. A channel that is dead on either side keeps s = 1.
 *
 * @param regions whose producers are layers
 * @returns s of each region, `[channels]`, in float32
 */
export function crossLayerFactors(regions: readonly FoldRegion[]): readonly SmoothingFactors[] {
  const ranges = new Map<string, Ranges>();
  const rangesOf = (layer: Layer): Ranges => {
    const known = ranges.get(layer.name) ?? readRanges(layer);
    ranges.set(layer.name, known);
    return known;
  };
  const pairs = regions.map(({ producer, readers }) => {
    const s = new Float64Array(producer.channels).fill(1);
    const before = rangesOf(producer.layer!);
    const after = readers.map(rangesOf);
    const initial = [largest(before, 'outputs', s.length), largestOfAll(after, s.length)];
    before.outputFactors = s;
    for (const reader of after) reader.inputFactors = s;
    const alive = s.map((_, c) => Number(initial.every((r) => r[c]! > DEAD_CHANNEL_ABSMAX)));
    return { s, before, after, alive };
  });
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    let moved = 0;
    for (const { s, before, after, alive } of pairs) {
      const r1 = largest(before, 'outputs', s.length);
      const r2 = largestOfAll(after, s.length);
      for (let c = 0; c < s.length; c++) {
        if (alive[c] === 0) continue;
        const factor = Math.sqrt(r1[c]! / r2[c]!);
        s[c] = s[c]! * factor;
        moved = Math.max(moved, Math.abs(Math.log(factor)));
      }
    }
    if (moved < TOLERANCE) break;
  }
  return pairs.map(({ s, alive }) => ({
    s: Float32Array.from(s),
    deadChannels: alive.reduce((count, a) => count - a, s.length),
  }));
}

function readRanges({ weight, layout }: Layer): Ranges {
  const values = readFloatTensor(weight);
  const count = values.length / layout.kernelSize;
  const inputs = new Int32Array(count);
  const outputs = new Int32Array(count);
  const absmax = new Float64Array(count);
  let pair = 0;
  visitKernels(layout, (input, output, offset) => {
    inputs[pair] = input;
    outputs[pair] = output;
    for (let i = offset; i < offset + layout.kernelSize; i++) {
      absmax[pair] = Math.max(absmax[pair]!, Math.abs(values[i]!));
    }
    pair++;
  });
  return { inputs, outputs, absmax, inputFactors: null, outputFactors: null };
}

/** Largest magnitude per channel of one side, with all factors so far applied. */
function largest(
  { inputs, outputs, absmax, inputFactors, outputFactors }: Ranges,
  side: 'inputs' | 'outputs',
  channels: number,
): Float64Array {
  const result = new Float64Array(channels);
  const own = side === 'inputs' ? inputs : outputs;
  for (let pair = 0; pair < absmax.length; pair++) {
    const multiplied = absmax[pair]! * (inputFactors === null ? 1 : inputFactors[inputs[pair]!]!);
    const value = multiplied / (outputFactors === null ? 1 : outputFactors[outputs[pair]!]!);
    if (value > result[own[pair]!]!) result[own[pair]!] = value;
  }
  return result;
}

function largestOfAll(readers: readonly Ranges[], channels: number): Float64Array {
  const all = readers.map((reader) => largest(reader, 'inputs', channels));
  return new Float64Array(channels).map((_, c) => Math.max(...all.map((r) => r[c]!)));
}
