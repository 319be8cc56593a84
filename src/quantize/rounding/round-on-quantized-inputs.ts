import type { CrossMoments } from '../../calibrate/moments/cross-moments-accumulator.js';
import { roundingOf } from '../../experiment/sections/quantization.js';
import { visitKernels, type WeightLayout } from '../../onnx/layers/weight-layout.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { readFloatTensor } from '../../onnx/tensor.js';
import { momentBlocks } from '../../records/moments-record.js';
import { targets } from '../../targets/registry.js';
import { correctedBias } from '../graph/correct-bias.js';
import { holdBias } from '../hold-bias.js';
import { settingsOf, type Preparation } from '../prepare-layers.js';
import type { PreparedLayer } from '../prepared-layer.js';
import type { QuantizedWeight } from '../quantizers/fake-quantize-weight.js';
import { int32Bias } from '../quantizers/int32-bias.js';
import { requantizeWeight } from '../quantizers/requantize-weight.js';
import { BlockProblem } from './block-problem.js';
import type { MomentsView } from './moment-matrix.js';
import { targetWeight } from './target-weight.js';
import { quantizeBy, roundTo, type WeightRounding } from './weight-rounding.js';

/** How often ranges are widened for a bias that int32 does not hold: it changes with the weight. */
const MOST_WIDENINGS = 3;

/**
 * The layer with the integers and the bias that are best on the inputs v that its quantized
 * predecessors give, measured against what FP32 makes of its own inputs u: of least
 * `E|W u - Q v|^2`; the bias takes off what is left on average.
 *
 * The integers are those of {@link targetWeight} or, where that makes the smaller error of an
 * output channel (of a scale per tensor: of all of them), those of the layer's own weight.
 *
 * @param base that of the prepared model
 * @throws NonFiniteError naming the layer
 */
export function roundOnQuantizedInputs(
  base: OnnxModel,
  prepared: PreparedLayer,
  moments: CrossMoments,
  preparation: Preparation,
): PreparedLayer {
  const { layer, factors, smoothedWeight, undividedWeight, outputFactors } = prepared;
  const { centered } = roundingOf(preparation.quantization);
  const settings = settingsOf(layer, preparation).weight;
  // v is behind smoothing already.
  const view = { moments: moments.quantized, s: new Float32Array(layer.inputChannels).fill(1), centered };
  const rounding = { layout: layer.layout, settings, view };
  const own = undividedWeight ?? smoothedWeight;
  const target = targetWeight(own, layer.layout, moments, factors.s, centered);
  const units = undividedWeight === null ? outputFactors : null;
  const [aimed, plain] = [target.values, own].map((weight): Candidate => {
    const rounded = quantizeBy(rounding, weight, units);
    return { weight, rounded, errors: errorsOf(own, rounded.values, target.slopes, layer.layout, view) };
  });
  const chosen = better(aimed!, plain!, layer.layout, units);
  const weighted = withWeight(prepared, chosen.rounded);
  const holdsBias = preparation.placed !== undefined && targets[preparation.placed.target].bias === 'int32';
  return holdsBias
    ? held(base, weighted, chosen.weight, rounding, moments)
    : { ...weighted, biasCorrection: meanError(weighted, moments) };
}

/** What is rounded, and what becomes of it. */
interface Candidate {
  readonly weight: Float32Array;
  readonly rounded: QuantizedWeight;
  /** `[O]`, but for what is the same of all. */
  readonly errors: Float64Array;
}

/** `e H e^T - 2 e slopes^T` of each output channel, with e what a weight differs by from `own`. */
function errorsOf(
  own: Float32Array,
  values: Float32Array,
  slopes: Float64Array,
  layout: WeightLayout,
  view: MomentsView,
): Float64Array {
  const errors = new Float64Array(layout.groups * layout.outputsPerGroup);
  for (const block of momentBlocks(view.moments))
    new BlockProblem(own, layout, view, block).addErrorsOf(values, errors);
  visitKernels(layout, (_input, output, offset) => {
    for (let i = offset; i < offset + layout.kernelSize; i++)
      errors[output]! -= 2 * (values[i]! - own[i]!) * slopes[i]!;
  });
  return errors;
}

/** @param units what output channels are divided by, `[O]`; null: 1 */
function better(a: Candidate, b: Candidate, layout: WeightLayout, units: Float32Array | null): Candidate {
  const { granularity } = a.rounded;
  if (granularity === 'tensor') {
    const sum = ({ errors }: Candidate): number =>
      errors.reduce((total, error, output) => total + error * (units?.[output] ?? 1) ** 2, 0);
    return sum(b) < sum(a) ? b : a;
  }
  const takesB = a.errors.map((error, output) => (b.errors[output]! < error ? 1 : 0));
  const weight = a.weight.slice();
  const values = a.rounded.values.slice();
  visitKernels(layout, (_input, output, offset) => {
    if (takesB[output] === 0) return;
    const end = offset + layout.kernelSize;
    weight.set(b.weight.subarray(offset, end), offset);
    values.set(b.rounded.values.subarray(offset, end), offset);
  });
  const quantizers = a.rounded.quantizers.map((own, output) =>
    takesB[output] === 0 ? own : b.rounded.quantizers[output]!,
  );
  const errors = a.errors.map((error, output) => Math.min(error, b.errors[output]!));
  return { weight, rounded: { values, quantizers, granularity }, errors };
}

function withWeight(prepared: PreparedLayer, rounded: QuantizedWeight): PreparedLayer {
  const { layer, undividedWeight, outputFactors } = prepared;
  const weight =
    undividedWeight === null ? rounded : requantizeWeight(rounded, layer.layout, outputFactors!, layer.name);
  return { ...prepared, weight };
}

/**
 * `E[Q v] - E[W u]`, `[O]`: what the layer's output is off by on average, in the units of the base
 * model's.
 */
function meanError({ original, weight, outputFactors }: PreparedLayer, moments: CrossMoments): Float32Array {
  const { layout } = original;
  const { kernelSize } = layout;
  const float = readFloatTensor(original.weight);
  const difference = new Float64Array(layout.groups * layout.outputsPerGroup);
  visitKernels(layout, (input, output, offset) => {
    // Columns of all groups lie one after the other, as input channels do.
    const at = input * kernelSize;
    const factor = outputFactors?.[output] ?? 1;
    for (let k = 0; k < kernelSize; k++) {
      const quantized = weight.values[offset + k]! * moments.quantized.means[at + k]!;
      difference[output]! += quantized - (float[offset + k]! * moments.floatMeans[at + k]!) / factor;
    }
  });
  return Float32Array.from(difference);
}

/** With ranges in which int32 holds the corrected bias. */
function held(
  base: OnnxModel,
  prepared: PreparedLayer,
  aim: Float32Array,
  rounding: WeightRounding,
  moments: CrossMoments,
): PreparedLayer {
  const { smoothedWeight, undividedWeight } = prepared;
  let current = { ...prepared, biasCorrection: meanError(prepared, moments) };
  for (let widenings = 0; widenings < MOST_WIDENINGS && isClipped(base, current); widenings++) {
    const aimed = undividedWeight === null ? { smoothedWeight: aim } : { undividedWeight: aim };
    const { weight } = holdBias(base, { ...current, ...aimed }, (values, quantizers, granularity) =>
      roundTo(rounding, values, quantizers, granularity),
    );
    current = { ...current, smoothedWeight, undividedWeight, weight };
    current = { ...current, biasCorrection: meanError(current, moments) };
  }
  return current;
}

function isClipped(base: OnnxModel, prepared: PreparedLayer): boolean {
  const bias = correctedBias(base, prepared);
  return bias !== null && int32Bias(bias, prepared.input.scale, prepared.weight.quantizers).clippedChannels > 0;
}
