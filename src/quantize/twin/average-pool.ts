import { firstOutput } from '../../onnx/graph-index.js';
import { intAttribute, makeNode, readIntAttribute, readIntsAttribute } from '../../onnx/node.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { TensorProto_DataType } from '../../onnx/proto/onnx_pb.js';
import { FLOAT32, int64Tensor } from '../../onnx/tensor.js';
import { cast } from './integer-sum.js';
import { roundWithZeroPoint } from './requantize.js';
import { slice } from './slice.js';
import type { TwinGraph } from './twin-graph.js';

const INT64: number = TensorProto_DataType.INT64;

/** Where the windows of a pooling are, one number per spatial axis. */
interface Windows {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  /** Null: as many in front and behind as `ceil(size / stride)` windows need. */
  readonly pads: { readonly before: readonly number[]; readonly behind: readonly number[] } | null;
  /** Of pads that need not be even: the larger half is in front. */
  readonly padsMoreBefore: boolean;
  /** Places outside are counted as zeros. */
  readonly countsPads: boolean;
}

/**
 * QLinearAveragePool: real values are added up in float32, row by row, and divided by their number
 * n;
 * `clip(round(sum / n / s_y + z_y))`, all in float32.
 *
 * Written as one shifted slice for each place of the window: an AveragePool of float32 adds in
 * another order.
 *
 * @returns false also of dilated windows and of last ones that begin behind the input, which are
 *   pooled in float: up to rounding the same
 */
export function writeAveragePool(twin: TwinGraph, node: NodeProto): boolean {
  const input = twin.quantizerRead(node, 0);
  const output = input === null ? null : twin.integerOutput(node);
  const windows = windowsOf(node);
  if (input === null || output === null || windows === null || twin.base.opset < 11) return false;
  const { patch } = twin;
  const name = twin.nameOf(firstOutput(node));
  const values = twin.dequantized(input);
  const pads = padsOf(twin, values, windows, `${name}/pads`);
  const padded = pads === null ? values : patch.apply('Pad', [values, pads], `${name}/padded`);
  const sum = windowSum(twin, padded, windows, `${name}/sum`);
  const count =
    pads === null || windows.countsPads ? placesOf(twin, windows) : counts(twin, values, pads, windows, name);
  const mean = patch.apply('Div', [sum, count], `${name}/mean`);
  const scaled = patch.apply('Div', [mean, twin.scale(output.quantizer)], `${name}/scaled`);
  const real = twin.realOutput(node, output);
  if (real !== null) twin.apply('Identity', [mean], real);
  twin.setSteps(node, output, roundWithZeroPoint(twin, scaled, output.quantizer));
  return true;
}

function windowsOf(node: NodeProto): Windows | null {
  const kernel = readIntsAttribute(node, 'kernel_shape');
  if (kernel === null) return null;
  const ones = kernel.map(() => 1);
  const strides = readIntsAttribute(node, 'strides') ?? ones;
  const dilations = readIntsAttribute(node, 'dilations') ?? ones;
  if (dilations.some((dilation) => dilation !== 1)) return null;
  const countsPads = readIntAttribute(node, 'count_include_pad', 0) !== 0;
  const autoPad = Buffer.from(node.attribute.find(({ name }) => name === 'auto_pad')?.s ?? '').toString();
  const windows = { kernel, strides, countsPads, padsMoreBefore: autoPad === 'SAME_LOWER' };
  if (autoPad.startsWith('SAME')) return { ...windows, pads: null };
  const none = kernel.flatMap(() => [0, 0]);
  const pads = autoPad === 'VALID' ? none : (readIntsAttribute(node, 'pads') ?? none);
  const end = pads.slice(kernel.length);
  const rounding = readIntAttribute(node, 'ceil_mode', 0) === 0 ? ones.map(() => 0) : strides.map((step) => step - 1);
  // A last window that would begin behind the input is left out, which slices would not.
  if (rounding.some((extra, axis) => extra > 0 && end[axis]! + strides[axis]! > kernel[axis]!)) return null;
  const behind = end.map((pad, axis) => pad + rounding[axis]!);
  return { ...windows, pads: { before: pads.slice(0, kernel.length), behind } };
}

/** The second input of Pad, or null where nothing is padded. */
function padsOf(twin: TwinGraph, values: string, windows: Windows, name: string): string | null {
  const { patch } = twin;
  const { pads } = windows;
  if (pads === null) return samePads(twin, values, windows, name);
  const all = [0, 0, ...pads.before, 0, 0, ...pads.behind];
  return all.every((pad) => pad === 0) ? null : patch.initializer(int64Tensor(name, all));
}

/** Of auto_pad SAME, from the input's size. */
function samePads(twin: TwinGraph, values: string, windows: Windows, name: string): string {
  const { patch } = twin;
  const { kernel, strides, padsMoreBefore } = windows;
  const integers = (kind: string, numbers: readonly number[]): string =>
    patch.initializer(int64Tensor(`${name}/${kind}`, numbers));
  const of = (op: string, inputs: readonly string[], kind: string): string =>
    patch.apply(op, inputs, `${name}/${kind}`);
  const shape = of('Shape', [values], 'shape');
  const sizes = slice(twin, shape, [{ axis: 0, start: 2, end: Infinity }], `${name}/sizes`);
  const step = integers('strides', strides);
  const rounded = of(
    'Add',
    [
      sizes,
      integers(
        'less',
        strides.map((stride) => stride - 1),
      ),
    ],
    'rounded',
  );
  const windowCount = of('Div', [rounded, step], 'windows');
  const span = of('Mul', [windowCount, step], 'span');
  const more = integers(
    'more',
    kernel.map((size, axis) => size - strides[axis]!),
  );
  const needed = of('Sub', [of('Add', [span, more], 'reach'), sizes], 'needed');
  const total = cast(
    twin,
    of('Relu', [cast(twin, needed, FLOAT32, `${name}/float`)], 'positive'),
    INT64,
    `${name}/total`,
  );
  const half = of('Div', [total, integers('two', [2])], 'half');
  const rest = of('Sub', [total, half], 'rest');
  const zeros = integers('zeros', [0, 0]);
  const [before, behind] = padsMoreBefore ? [rest, half] : [half, rest];
  patch.node(makeNode('Concat', [zeros, before, zeros, behind], name, [intAttribute('axis', 0)]));
  return name;
}

/** Adds the places of each window, the last axis fastest. */
function windowSum(twin: TwinGraph, tensor: string, { kernel, strides }: Windows, name: string): string {
  let sum = '';
  const places = kernel.reduce((product, size) => product * size, 1);
  for (let place = 0; place < places; place++) {
    const ranges = kernel.map((size, axis) => {
      const inner = kernel.slice(axis + 1).reduce((product, other) => product * other, 1);
      const start = Math.floor(place / inner) % size;
      const end = start + 1 === size ? Infinity : start + 1 - size;
      return { axis: axis + 2, start, end, step: strides[axis]! };
    });
    const shifted = slice(twin, tensor, ranges, `${name}/place/${place}`);
    sum = place === 0 ? shifted : twin.patch.apply('Add', [sum, shifted], `${name}/${place}`);
  }
  return sum;
}

/** How many numbers each window has, as a tensor of one channel. */
function counts(twin: TwinGraph, values: string, pads: string, windows: Windows, name: string): string {
  const { patch } = twin;
  const axes = [0, 1].map((axis) => ({ axis, start: 0, end: 1 }));
  const channel = slice(twin, values, axes, `${name}/channel`);
  const shape = patch.apply('Shape', [channel], `${name}/channel_shape`);
  const zeros = patch.apply('ConstantOfShape', [shape], `${name}/zeros`);
  const ones = patch.apply('Add', [zeros, patch.scalar(1)], `${name}/ones`);
  return windowSum(twin, patch.apply('Pad', [ones, pads], `${name}/padded_ones`), windows, `${name}/count`);
}

function placesOf({ patch }: TwinGraph, { kernel }: Windows): string {
  return patch.scalar(kernel.reduce((product, size) => product * size, 1));
}
