import { visitKernels } from '../../onnx/layers/weight-layout.js';
import type { RoundedWeightRecord } from '../../records/rounded-weight-record.js';
import type { PreparedLayer } from '../prepared-layer.js';
import { applyQuantizers, type QuantizedWeight } from '../quantizers/fake-quantize-weight.js';
import type { Quantizer } from '../quantizers/quantizer.js';
import type { WeightLayout } from '../../onnx/layers/weight-layout.js';

/**
 * Records of the layers whose integers are not the nearest ones.
 *
 * @param all of all layers: ranges may be of other weights than the layers' own
 */
export function roundedWeightRecords(layers: readonly PreparedLayer[], all = false): readonly RoundedWeightRecord[] {
  return layers.flatMap(({ layer, smoothedWeight, undividedWeight, weight }) => {
    const { values, quantizers, granularity } = weight.undivided ?? weight;
    const nearest = applyQuantizers(undividedWeight ?? smoothedWeight, layer.layout, quantizers, granularity);
    if (!all && values.every((value, index) => value === nearest.values[index])) return [];
    const levels = new Int32Array(values.length);
    visitScales(layer.layout, quantizers, granularity, (index, { scale }) => {
      levels[index] = Math.round(values[index]! / scale);
    });
    const fitsByte = levels.every((level) => level >= -128 && level <= 127);
    return [{ layer: layer.name, levels: fitsByte ? Int8Array.from(levels) : levels }];
  });
}

/** The weight whose levels were recorded. */
export function weightOfLevels(
  levels: ArrayLike<number>,
  layout: WeightLayout,
  quantizers: readonly Quantizer[],
  granularity: QuantizedWeight['granularity'],
): QuantizedWeight {
  const values = new Float32Array(levels.length);
  visitScales(layout, quantizers, granularity, (index, { scale }) => {
    values[index] = levels[index]! * scale;
  });
  return { values, quantizers, granularity };
}

function visitScales(
  layout: WeightLayout,
  quantizers: readonly Quantizer[],
  granularity: QuantizedWeight['granularity'],
  visit: (index: number, quantizer: Quantizer) => void,
): void {
  visitKernels(layout, (_input, output, offset) => {
    const quantizer = quantizers[granularity === 'channel' ? output : 0]!;
    for (let index = offset; index < offset + layout.kernelSize; index++) visit(index, quantizer);
  });
}
