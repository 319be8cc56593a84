import { ModelError } from '../onnx/model-error.js';
import type { TensorQuantizerRecord } from '../records/tensor-quantizer-record.js';
import type { SmoothedModel } from '../smooth/smooth-layers.js';
import { placeQuantizers } from '../targets/place-quantizers.js';
import { targets, type PlacingTargetName } from '../targets/registry.js';
import type { PlacedModel, TensorQuantizer } from './placed-model.js';
import { asymmetricQuantizer, symmetricQuantizer, unsignedQuantizer, type Quantizer } from './quantizers/quantizer.js';

/** What a finished trial of a target stored of the quantizers of its tensors. */
export interface StoredPlacement {
  readonly target: PlacingTargetName;
  /** In the order of the placement. */
  readonly tensors: readonly TensorQuantizerRecord[];
  /** `quantization.activation.narrowRange` of the trial. */
  readonly narrowRange: boolean;
  /** False: it quantized its layers alone, see `PlacedPreparation`. */
  readonly others: boolean;
}

/**
 * A target's quantizers of a finished trial: where they are follows from the model, their ranges
 * are the stored ones.
 *
 * @param smoothed the trial's, its smoothing restored
 * @throws ModelError naming the tensor whose quantizer is not where, or what, it was
 */
export function restorePlaced(smoothed: SmoothedModel, stored: StoredPlacement): PlacedModel {
  const { base, layers, convolutions = [] } = smoothed;
  const { target, tensors, narrowRange, others } = stored;
  const outputs = [...layers.map(({ layer }) => layer.outputTensor), ...convolutions.map(({ output }) => output)];
  const placement = placeQuantizers(base, targets[target], { layers: new Set(outputs), others });
  const { quantizers } = placement;
  for (let index = 0; index < Math.max(quantizers.length, tensors.length); index++) {
    const [own, was] = [quantizers[index], tensors[index]];
    if (own?.tensor === was?.tensor && own?.group === was?.group) continue;
    throw differs(describe(was), describe(own));
  }
  return {
    target,
    placement,
    quantizers: tensors.map((record): TensorQuantizer => {
      const quantizer = quantizerOf(target, record, narrowRange);
      for (const field of ['scale', 'zeroPoint'] as const) {
        if (quantizer[field] === record[field]) continue;
        throw differs(`${field} ${record[field]} of tensor "${record.tensor}"`, String(quantizer[field]));
      }
      return { tensor: record.tensor, quantizer, divisor: record.divisor };
    }),
    convolutions,
  };
}

/** From the ends of its range, as it was made. */
function quantizerOf(
  target: PlacingTargetName,
  { signed, bits, amax, low, zeroPoint }: TensorQuantizerRecord,
  narrowRange: boolean,
): Quantizer {
  const { storage, schemes } = targets[target].activations;
  // Signed integers also store levels from 0 on, less 128.
  const isSymmetric =
    signed && (storage === 'uint8' || (zeroPoint === 0 && low === 0 - amax && schemes[0] !== 'asymmetric'));
  if (isSymmetric) return symmetricQuantizer(amax, bits, narrowRange);
  return zeroPoint === 0 && low === 0 ? unsignedQuantizer(amax, bits) : asymmetricQuantizer(low, amax, bits);
}

function describe(quantizer: { readonly tensor: string; readonly group: number } | undefined): string {
  return quantizer === undefined ? 'no further quantizer' : `tensor "${quantizer.tensor}" in group ${quantizer.group}`;
}

function differs(stored: string, found: string): ModelError {
  return new ModelError(
    `Expected the trial's quantizers, with ${stored}, got ${found} from the model. The trial was made by another version of quantsweep; run its sweep again.`,
  );
}
