import type { Execution } from '../../experiment/sections/settings.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { splitModel } from '../../onnx/split-model.js';
import { removeUnread } from '../../onnx/edits/remove-unread.js';
import { keepSimulated } from './keep-simulated.js';
import type { PreparedModel } from '../prepare-layers.js';
import { placedQdqModel } from './placed-qdq-graph.js';
import { dividesInput, qdqModel, type WeightsIn } from './qdq-graph.js';
import { smoothedModel } from './quantized-graph.js';

/**
 * The model that `export` writes of a trial: its QDQ model without what nothing reads any more.
 * That of a simulated trial is kept as it was simulated, see `keepSimulated`; of an integer trial
 * it is the one that was measured.
 */
export function deployableModel(
  prepared: PreparedModel,
  execution: Execution,
  metadata: Readonly<Record<string, string>> = {},
  weights: WeightsIn = 'bytes',
): OnnxModel {
  const { base, layers, placed } = prepared;
  if (placed !== undefined) return removeUnread(placedQdqModel(prepared, metadata));
  const model = qdqModel(base, layers, metadata, weights);
  return removeUnread(execution === 'simulated' ? keepSimulated(model) : model);
}

/** The smoothed model in float, as `export` writes it. */
export function smoothedFloatModel({ base, layers }: Pick<PreparedModel, 'base' | 'layers'>): OnnxModel {
  return removeUnread(keepSimulated(smoothedModel(base, layers.filter(dividesInput))));
}

/** Bytes of the file that `export` writes, without the metadata that tells where it is from. */
export function deployableBytes(prepared: PreparedModel, execution: Execution, weights: WeightsIn = 'bytes'): number {
  const { bytes, external } = splitModel(deployableModel(prepared, execution, {}, weights), null);
  return external.reduce((sum, { data }) => sum + data.length, bytes.length);
}
