import type { Layer } from '../../../src/onnx/layers/layers.js';
import { momentBlocks, type LayerMoments } from '../../../src/records/moments-record.js';
import type { Floats } from '../../onnx/run-model.js';

/** How a window moves: a number for each axis of the image. */
export interface LiteralWindow {
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  /** Before each axis. */
  readonly padsBefore?: readonly number[];
  /** Of the layer's output, without batch and channels. */
  readonly outputSize?: readonly number[];
}

/**
 * What every output position of every sample reads, one row each, by plain loops over the formula
 * of the operator: `[group][position][column]`.
 */
export function literalUnfolding(layer: Layer, x: Floats, window: LiteralWindow = {}): number[][][] {
  const { groups, inputsPerGroup, kernelSize } = layer.layout;
  const rowsOf = (read: (group: number, channel: number, tap: number, position: number) => number, positions: number) =>
    Array.from({ length: groups }, (_, group) =>
      Array.from({ length: positions }, (_, position) =>
        Array.from({ length: inputsPerGroup * kernelSize }, (_, column) =>
          read(group, Math.floor(column / kernelSize), column % kernelSize, position),
        ),
      ),
    );
  if (layer.op === 'Gemm' || layer.op === 'MatMul') {
    const positions = x.data.length / inputsPerGroup;
    return rowsOf((_, channel, __, position) => x.data[position * inputsPerGroup + channel]!, positions);
  }
  const [samples, channels, ...size] = x.dims as [number, number, ...number[]];
  const kernel = layer.weightShape.slice(2);
  const axes = kernel.length;
  const ones = kernel.map(() => 1);
  const { strides = ones, dilations = ones, padsBefore = kernel.map(() => 0) } = window;
  const outputSize = window.outputSize!;
  const outputs = outputSize.reduce((a, b) => a * b, 1);
  const inputs = size.reduce((a, b) => a * b, 1);
  return rowsOf((group, channel, tap, position) => {
    const sample = Math.floor(position / outputs);
    const at = split(position % outputs, outputSize);
    const kernelAt = split(tap, kernel);
    let index = 0;
    for (let axis = 0; axis < axes; axis++) {
      let from: number;
      if (layer.op === 'Conv') {
        from = at[axis]! * strides[axis]! - padsBefore[axis]! + kernelAt[axis]! * dilations[axis]!;
      } else {
        // y[i * stride - pad + k * dilation] gets x[i] * w[k].
        const numerator = at[axis]! + padsBefore[axis]! - kernelAt[axis]! * dilations[axis]!;
        if (numerator % strides[axis]! !== 0) return 0;
        from = numerator / strides[axis]!;
      }
      if (from < 0 || from >= size[axis]!) return 0;
      index = index * size[axis]! + from;
    }
    return x.data[(sample * channels + group * inputsPerGroup + channel) * inputs + index]!;
  }, samples * outputs);
}

function split(index: number, sizes: readonly number[]): number[] {
  const result: number[] = [];
  let rest = index;
  for (const size of [...sizes].reverse()) {
    result.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return result;
}

/** Moments of unfolded rows, packed as the record says. */
export function literalMoments(
  layer: Layer,
  unfolded: readonly (readonly (readonly number[])[])[],
  x: Floats,
  blockColumns = layer.layout.inputsPerGroup * layer.layout.kernelSize,
): LayerMoments {
  const { groups, inputsPerGroup, kernelSize } = layer.layout;
  const columns = inputsPerGroup * kernelSize;
  const products: number[] = [];
  for (const { group, first, columns: own } of momentBlocks({ groups, columns, blockColumns })) {
    const rows = unfolded[group]!;
    for (let i = first; i < first + own; i++) {
      for (let j = first; j <= i; j++) products.push(rows.reduce((sum, u) => sum + u[i]! * u[j]!, 0) / rows.length);
    }
  }
  const means = unfolded.flatMap((rows) =>
    Array.from({ length: columns }, (_, j) => rows.reduce((sum, u) => sum + u[j]!, 0) / rows.length),
  );
  const axis = layer.inputRank === null ? x.dims.length - 1 : 1;
  const inner = x.dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const nonZeros = new Float64Array(layer.inputChannels);
  for (const [i, value] of x.data.entries()) if (value !== 0) nonZeros[Math.floor(i / inner) % layer.inputChannels]!++;
  return {
    ...{ layer: layer.name, groups, columns, blockColumns },
    products: Float64Array.from(products),
    means: Float64Array.from(means),
    nonZeroShares: nonZeros.map((count) => (count * layer.inputChannels) / x.data.length),
  };
}
