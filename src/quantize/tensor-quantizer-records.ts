import type { TensorQuantizerRecord } from '../records/tensor-quantizer-record.js';
import { targets } from '../targets/registry.js';
import type { PreparedModel } from './prepare-layers.js';

/** Rows of the store for the quantizers of a target's placement; none of `layers-only`. */
export function tensorQuantizerRecords({ base, placed }: PreparedModel): readonly TensorQuantizerRecord[] {
  if (placed === undefined) return [];
  const { placement, quantizers, target } = placed;
  const isStoredSigned = targets[target].activations.storage === 'int8';
  return placement.quantizers.map(({ tensor, group }, index): TensorQuantizerRecord => {
    const { quantizer, divisor } = quantizers[index]!;
    const { bits, signed, amax, low, scale, zeroPoint } = quantizer;
    return {
      ...{ tensor, group, bits, amax, low, scale, zeroPoint, divisor },
      op: base.index.producers.get(tensor)?.opType ?? null,
      signed: signed || isStoredSigned,
      isFixed: placement.groups[group]!.range !== null,
    };
  });
}
