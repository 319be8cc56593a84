import { fixedBatchSize, type ModelIo } from '../graph/model-io.js';
import type { Layer } from '../graph/layers.js';

/**
 * How many samples losses are measured on. Where a model fixes its batch axis, the last batch is padded, and the padding
 * is left out of the losses: simple for convolutions, whose outputs begin with the batch. The output of a Gemm or MatMul
 * may begin with any axis (time, say), so there only whole batches count, unless there is none.
 */
export function lossSamples(wanted: number, io: ModelIo, layers: readonly Layer[]): number {
  const fixed = fixedBatchSize(io);
  const allConvolutions = layers.every((layer) => layer.op === 'Conv' || layer.op === 'ConvTranspose');
  if (fixed === null || allConvolutions || wanted < fixed) return wanted;
  return wanted - (wanted % fixed);
}
