import type { LossMode } from '../records/loss-mode.js';
import { copyUnderPrefix, twinPrefix } from '../onnx/edits/copy-under-prefix.js';
import { applyEdits } from '../onnx/edits/edits.js';
import { GraphPatch } from '../onnx/edits/graph-patch.js';
import type { Layer } from '../onnx/layers/layers.js';
import type { ModelIo } from '../onnx/model-io.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import type { PreparedLayer, PreparedModel } from '../quantize/prepare-layers.js';
import { scaleOutput } from '../onnx/edits/scale-output.js';
import { outputExponent } from '../quantize/graph/output-exponent.js';
import { addIsolatedLayer } from '../quantize/graph/quantized-graph.js';
import { isConvolution, meanOfRows } from './mean-of-rows.js';

/**
 * Names of graph outputs with means: `[N, O]` of convolutions, else one a row of channels;
 * `maxError` holds maxima.
 */
export interface LossOutputs {
  readonly absError: string;
  readonly squaredError: string;
  readonly squaredOutput: string;
  readonly outputTimesReference: string;
  readonly maxError: string;
}

export interface ReferenceOutputs {
  readonly absReference: string;
  readonly squaredReference: string;
}

export interface LayerLossOutputs {
  readonly layer: string;
  /**
   * Means and maxima are of the layer's output divided by `2^exponent`, those of squares by its
   * square; absent: 0.
   */
  readonly exponent?: number;
  readonly reference: ReferenceOutputs;
  readonly modes: readonly { readonly mode: LossMode; readonly outputs: LossOutputs }[];
}

export interface LossGraph {
  readonly model: OnnxModel;
  /** What the graph calls an evaluated output of the quantized model; FP32's have their names. */
  readonly quantizedName: (output: string) => string;
  readonly layers: readonly LayerLossOutputs[];
}

/** The model that losses are measured against. */
export interface ReferenceModel {
  /** As loaded, before any folding: `y_fp32` always comes from it. */
  readonly untouched: OnnxModel;
  readonly io: Pick<ModelIo, 'outputs'>;
}

/**
 * One graph that holds the untouched FP32 model and the quantized one, fed by the same input, and
 * reduces the error of each layer's own output (bias included, before any activation function)
 * inside the graph.
 *
 * @param quantized what the trial deploys
 */
export function lossGraph(
  { untouched, io }: ReferenceModel,
  quantized: OnnxModel,
  { base, layers: prepared }: PreparedModel,
  modes: readonly LossMode[],
): LossGraph {
  const patch = new GraphPatch(untouched);
  const twin = twinPrefix(untouched);
  for (const tensor of quantized.graph.initializer) patch.initializer(tensor);
  for (const node of copyUnderPrefix(quantized.graph.node, twin)) patch.node(node);
  const layers = prepared.map((p, index) => {
    // Numbered, not named: a layer called conv/isolated must not meet a branch of layer conv.
    const name = `${patch.prefix}loss/${index}`;
    const outputOf = (mode: LossMode): string =>
      mode === 'accumulated'
        ? twinOutput(patch, twin, p, `${name}/twin`)
        : addIsolatedLayer(patch, base, p, `${name}/${mode}`, isolatedParts[mode]);
    const exponent = outputExponent(base, p);
    const reference = flattenScaled(patch, p.layer, p.layer.outputTensor, exponent, `${name}/positions`);
    return {
      layer: p.layer.name,
      exponent,
      reference: reduceReference(patch, p.layer, reference, name),
      modes: modes.map((mode) => ({
        mode,
        outputs: reduceError(patch, p.layer, reference, outputOf(mode), exponent, `${name}/${mode}`),
      })),
    };
  });
  const tensors = layers.flatMap((l) => [
    l.reference.absReference,
    l.reference.squaredReference,
    ...l.modes.flatMap(({ outputs: o }) => [
      o.absError,
      o.squaredError,
      o.squaredOutput,
      o.outputTimesReference,
      o.maxError,
    ]),
  ]);
  // What no node makes is an input or a constant, which both have.
  const quantizedName = (name: string): string => (quantized.index.producers.has(name) ? twin + name : name);
  const outputs = io.outputs.flatMap(({ name }) => [name, quantizedName(name)]);
  patch.edit({ kind: 'setOutputs', tensors: [...new Set([...tensors, ...outputs])] });
  return { model: applyEdits(untouched, patch.edits), layers, quantizedName };
}

const isolatedParts = { isolated: 'both', weight: 'weight', activation: 'input' } as const;

/** A layer's output in the quantized model, in FP32's units. */
function twinOutput(patch: GraphPatch, twin: string, { layer, outputFactors }: PreparedLayer, name: string): string {
  const output = twin + layer.outputTensor;
  return outputFactors === null ? output : scaleOutput(patch, layer, output, outputFactors, name);
}

function reduceReference(patch: GraphPatch, layer: Layer, y: string, name: string): ReferenceOutputs {
  return {
    absReference: meanOfRows(patch, layer, patch.apply('Abs', [y], `${name}/abs`), `${name}/abs_mean`),
    squaredReference: meanOfRows(patch, layer, patch.apply('Mul', [y, y], `${name}/square`), `${name}/square_mean`),
  };
}

function reduceError(
  patch: GraphPatch,
  layer: Layer,
  reference: string,
  output: string,
  exponent: number,
  name: string,
): LossOutputs {
  const y = flattenScaled(patch, layer, output, exponent, `${name}/positions`);
  const error = patch.apply('Sub', [y, reference], `${name}/error`);
  const magnitude = patch.apply('Abs', [error], `${name}/abs`);
  const squared = patch.apply('Mul', [error, error], `${name}/square`);
  const squaredOutput = patch.apply('Mul', [y, y], `${name}/output_square`);
  const product = patch.apply('Mul', [y, reference], `${name}/product`);
  return {
    absError: meanOfRows(patch, layer, magnitude, `${name}/abs_mean`),
    squaredError: meanOfRows(patch, layer, squared, `${name}/square_mean`),
    squaredOutput: meanOfRows(patch, layer, squaredOutput, `${name}/output_square_mean`),
    outputTimesReference: meanOfRows(patch, layer, product, `${name}/product_mean`),
    maxError: patch.reduce('ReduceMax', magnitude, [isConvolution(layer) ? 2 : 1], `${name}/max`),
  };
}

/**
 * `[N, O, ...]` to `[N, O, positions]`, other layers' `[..., O]` to `[rows, O]`: costs nothing, and
 * what is calculated from it afterwards is calculated in the plain layout. From the layer's output
 * itself the runtime would calculate in the blocked layout of its convolutions, and then bring each
 * result into the plain one instead of the output once.
 */
export function flattenPositions(patch: GraphPatch, layer: Layer, tensor: string, name: string): string {
  return patch.reshape(tensor, isConvolution(layer) ? [0, 0, -1] : [-1, layer.outputChannels], name);
}

/** The same divided by `2^exponent`, see `outputExponent`. */
export function flattenScaled(patch: GraphPatch, layer: Layer, tensor: string, exponent: number, name: string): string {
  const positions = flattenPositions(patch, layer, tensor, name);
  return exponent === 0 ? positions : patch.apply('Mul', [positions, patch.scalar(2 ** -exponent)], `${name}/scaled`);
}
