import { intsAttribute, makeNode } from '../../onnx/node.js';
import { int64Tensor } from '../../onnx/tensor.js';
import type { TwinGraph } from './twin-graph.js';

/** What Slice takes of one axis. */
export interface AxisRange {
  readonly axis: number;
  readonly start: number;
  /** Behind the last; negative: from the end; `Infinity`: to the end. */
  readonly end: number;
  /** Default: 1. */
  readonly step?: number;
}

const TO_THE_END = 2 ** 31 - 1;

/** Slice as the model's opset writes it; steps other than 1 from opset 10 on. */
export function slice(twin: TwinGraph, tensor: string, ranges: readonly AxisRange[], output: string): string {
  const { patch, base } = twin;
  const starts = ranges.map(({ start }) => start);
  const ends = ranges.map(({ end }) => Math.min(end, TO_THE_END));
  const axes = ranges.map(({ axis }) => axis);
  if (base.opset < 10) {
    const attributes = [intsAttribute('starts', starts), intsAttribute('ends', ends), intsAttribute('axes', axes)];
    patch.node(makeNode('Slice', [tensor], output, attributes));
    return output;
  }
  const integers = (kind: string, values: readonly number[]): string =>
    patch.initializer(int64Tensor(`${output}/${kind}`, values));
  const given = [integers('starts', starts), integers('ends', ends), integers('axes', axes)];
  const steps = ranges.map(({ step = 1 }) => step);
  if (steps.some((step) => step !== 1)) given.push(integers('steps', steps));
  return patch.apply('Slice', [tensor, ...given], output);
}
