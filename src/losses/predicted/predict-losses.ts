import type { OnnxModel } from '../../onnx/onnx-model.js';
import { readIntsAttribute } from '../../onnx/node.js';
import type { Layer } from '../../onnx/layers/layers.js';
import type { MomentsRecord } from '../../records/moments-record.js';
import type { InputStatistics } from '../../records/observation-record.js';
import type { PredictedLossRecord } from '../../records/predicted-loss-record.js';
import type { PreparedLayer } from '../../quantize/prepared-layer.js';
import { predictErrors, predictLayerError, type LayerEvidence } from './predict-layer-error.js';

/**
 * The predicted error of each layer that the moments hold.
 *
 * @param model that the layers' nodes are in
 * @param inputs statistics of the layers' inputs by layer
 */
export function predictLosses(
  model: OnnxModel,
  layers: readonly PreparedLayer[],
  moments: MomentsRecord,
  inputs: ReadonlyMap<string, InputStatistics>,
): readonly PredictedLossRecord[] {
  return withEvidence(model, layers, moments, inputs).map(([prepared, evidence]) =>
    predictLayerError(prepared, evidence),
  );
}

/** The predicted squared error alone, by layer: half the work of {@link predictLosses}. */
export function predictMses(
  model: OnnxModel,
  layers: readonly PreparedLayer[],
  moments: MomentsRecord,
  inputs: ReadonlyMap<string, InputStatistics>,
): ReadonlyMap<string, number> {
  return new Map(
    withEvidence(model, layers, moments, inputs).map(([prepared, evidence]) => {
      const { weightMse, inputMse } = predictErrors(prepared, evidence);
      return [prepared.layer.name, weightMse + inputMse];
    }),
  );
}

function withEvidence(
  model: OnnxModel,
  layers: readonly PreparedLayer[],
  { samples, layers: moments }: MomentsRecord,
  inputs: ReadonlyMap<string, InputStatistics>,
): readonly (readonly [PreparedLayer, LayerEvidence])[] {
  const byLayer = new Map(moments.map((own) => [own.layer, own]));
  return layers.flatMap((prepared) => {
    const { name } = prepared.layer;
    const own = byLayer.get(name);
    if (own === undefined) return [];
    const density = windowDensity(model, prepared.original);
    return [[prepared, { moments: own, samples, inputs: inputs.get(name) ?? null, density }] as const];
  });
}

/** See `LayerEvidence.density`: the strides of a ConvTranspose put zeros between its numbers. */
function windowDensity(model: OnnxModel, { op, outputTensor }: Layer): number {
  if (op !== 'ConvTranspose') return 1;
  const node = model.index.producers.get(outputTensor)!;
  return 1 / (readIntsAttribute(node, 'strides') ?? []).reduce((a, b) => a * b, 1);
}
