import { elementCount } from '../../onnx/tensor.js';
import type { WeightLayout } from '../../onnx/layers/weight-layout.js';
import { kernelShifts } from './kernel-shifts.js';
import type { LayerReading } from './layer-reading.js';

/** Windows along each axis that are read at least where there are as many, in two dimensions. */
const LEAST_WINDOWS = 8;

/** Multiplications for moments over those of the layer itself, which are spent on all windows. */
const AFFORDED = 2;

/**
 * Every how many windows along each axis are read: all where their products cost no more than twice
 * the layer itself. Else as few as cost that, evenly spread from the first on, but as many in each
 * sample as the layer has columns. Those of depthwise layers, whose cost is memory, are the fewest.
 *
 * @param size of the image that the layer reads; undefined: not known, so that all are read
 */
export function windowSteps(
  reading: LayerReading,
  { groups, inputsPerGroup, outputsPerGroup, kernelSize }: WeightLayout,
  size: readonly number[] | undefined,
): readonly number[] {
  const { kernel, dilations, strides, pads } = reading;
  const all = kernel.map(() => 1);
  if (pads === null || size === undefined) return all;
  const outputs = kernel.map((taps, axis) => {
    const { before, behind } = pads[axis]!;
    return Math.floor((size[axis]! + before + behind - (taps - 1) * dilations[axis]! - 1) / strides[axis]!) + 1;
  });
  const columns = inputsPerGroup * kernelSize;
  const least = Math.max(LEAST_WINDOWS, Math.ceil(columns ** (1 / kernel.length)));
  const most = outputs.map((count) => Math.max(1, Math.floor(count / least)));
  if (inputsPerGroup === 1 && groups > 1) return most;
  const everySo = (steps: readonly number[]): number =>
    columns ** 2 * outputs.reduce((product, count, axis) => product * Math.ceil(count / steps[axis]!), 1);
  const isEverywhere = strides.every((stride) => stride === 1);
  const whole = Math.min(
    everySo(all),
    isEverywhere ? kernelShifts(kernel, true).length * inputsPerGroup ** 2 * elementCount([...size]) : Infinity,
  );
  const afforded = AFFORDED * outputsPerGroup * columns * elementCount(outputs);
  if (whole <= afforded) return all;
  let steps: readonly number[] = all;
  for (let step = 2; step <= Math.max(...most); step++) {
    steps = most.map((limit) => Math.min(limit, step));
    if (everySo(steps) <= afforded) break;
  }
  return everySo(steps) < whole ? steps : all;
}
