import type { OnnxModel } from '../../onnx/onnx-model.js';
import { readIntsAttribute } from '../../onnx/node.js';
import type { Layer } from '../../onnx/layers/layers.js';
import type { MomentsRecord } from '../../records/moments-record.js';
import type { InputStatistics } from '../../records/observation-record.js';
import type { PredictedLossRecord } from '../../records/predicted-loss-record.js';
import type { PreparedLayer } from '../../quantize/prepared-layer.js';
import { predictLayerError } from './predict-layer-error.js';

/**
 * The predicted error of each layer that the moments hold.
 *
 * @param model that the layers' nodes are in
 * @param inputs statistics of the layers' inputs by layer
 */
export function predictLosses(
  model: OnnxModel,
  layers: readonly PreparedLayer[],
  { samples, layers: moments }: MomentsRecord,
  inputs: ReadonlyMap<string, InputStatistics>,
): readonly PredictedLossRecord[] {
  const byLayer = new Map(moments.map((own) => [own.layer, own]));
  return layers.flatMap((prepared) => {
    const own = byLayer.get(prepared.layer.name);
    if (own === undefined) return [];
    const density = windowDensity(model, prepared.original);
    const statistics = inputs.get(prepared.layer.name) ?? null;
    return [predictLayerError(prepared, { moments: own, samples, inputs: statistics, density })];
  });
}

/** See `LayerEvidence.density`: the strides of a ConvTranspose put zeros between its numbers. */
function windowDensity(model: OnnxModel, { op, outputTensor }: Layer): number {
  if (op !== 'ConvTranspose') return 1;
  const node = model.index.producers.get(outputTensor)!;
  return 1 / (readIntsAttribute(node, 'strides') ?? []).reduce((a, b) => a * b, 1);
}

/** By the weight and by the input together. */
export function predictedMse({ weightMse, inputMse }: Pick<PredictedLossRecord, 'weightMse' | 'inputMse'>): number {
  return weightMse + inputMse;
}
