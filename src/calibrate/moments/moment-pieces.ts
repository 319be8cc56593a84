import type { GraphPatch, SliceRange } from '../../onnx/edits/graph-patch.js';
import { TO_THE_END } from '../../onnx/edits/graph-patch.js';
import { floatAttribute, intAttribute, intsAttribute, makeNode } from '../../onnx/node.js';
import type { AttributeProto } from '../../onnx/proto/onnx_pb.js';
import { kernelPositions, kernelShifts, type Shift } from './kernel-shifts.js';
import type { AxisPads, LayerReading } from './layer-reading.js';

/**
 * Graph outputs with numbers that are added to the sums of a range of channels, or taken off them.
 */
export interface MomentPiece {
  readonly sign: 1 | -1;
  /**
   * `taps`: `[groups, channels * taps, channels * taps]`, of windows that hold these positions of
   * the kernel. `shifts`: `[groups, channels, shifts * channels]`, of the number at each place and
   * that at the place a shift further.
   */
  readonly form:
    | { readonly kind: 'taps'; readonly taps: readonly number[] }
    | { readonly kind: 'shifts'; readonly shifts: readonly Shift[] };
  readonly products: string;
  /** `[rows, groups * channels * taps]`, of shifts `[rows, groups * channels]`: sums of u. */
  readonly sums: string;
}

/** Channels all of whose products within a group are kept. */
export interface MomentChannels {
  readonly groups: number;
  readonly channels: number;
}

/**
 * Two tensors of one shape whose numbers are multiplied with each other; null: those of `tensor`
 * with themselves, so that half of them tell all.
 */
export interface MomentTensors {
  readonly tensor: string;
  readonly other: string | null;
}

/** Adds the nodes that sum up the products of tensors which hold these channels alone. */
export function addMomentPieces(
  patch: GraphPatch,
  tensors: MomentTensors,
  reading: LayerReading,
  channels: MomentChannels,
  name: string,
): readonly MomentPiece[] {
  if (reading.kind === 'matrix') return [matrixPiece(patch, tensors, name)];
  if (reading.everywhere !== null && isNoSmaller(reading, reading.everywhere)) {
    return shiftedPieces(patch, tensors, reading, reading.everywhere, channels, name);
  }
  const { kernel } = reading;
  const windows: Windows = {
    op: reading.kind === 'convolution' ? 'Conv' : 'ConvTranspose',
    kernel,
    attributes: reading.attributes,
    taps: kernelPositions(kernel).map((_, tap) => tap),
    kept: null,
  };
  return [windowPiece(patch, tensors, windows, channels, 1, name)];
}

/**
 * Whether there are as many windows as places at least. The products of fewer would be a small
 * difference of large sums.
 */
function isNoSmaller({ kernel, dilations }: LayerReading, pads: readonly AxisPads[]): boolean {
  return pads.every(({ before, behind }, axis) => {
    const reach = (kernel[axis]! - 1) * dilations[axis]!;
    return before <= reach && behind <= reach && before + behind >= reach;
  });
}

/** Of `[rows, C]`. */
function matrixPiece(patch: GraphPatch, { tensor, other }: MomentTensors, name: string): MomentPiece {
  return {
    sign: 1,
    form: { kind: 'taps', taps: [0] },
    products: gemm(patch, tensor, other ?? tensor, 'transA', `${name}/products`),
    sums: patch.reduce('ReduceSum', tensor, [0], `${name}/sums`),
  };
}

/** How windows are taken out of a tensor by an operator that layers have. */
interface Windows {
  readonly op: 'Conv' | 'ConvTranspose';
  readonly kernel: readonly number[];
  readonly attributes: readonly AttributeProto[];
  /** What its positions are called in the layer's kernel. */
  readonly taps: readonly number[];
  /** Which of the windows are meant; null: all. */
  readonly kept: SliceRange | null;
}

function windowPiece(
  patch: GraphPatch,
  { tensor, other }: MomentTensors,
  windows: Windows,
  { groups, channels }: MomentChannels,
  sign: 1 | -1,
  name: string,
): MomentPiece {
  const take = (from: string, part: string): string => addWindows(patch, from, windows, groups * channels, part);
  const own = take(tensor, `${name}/windows`);
  const others = other === null ? null : take(other, `${name}/other_windows`);
  const axes = windows.kernel.map((_, axis) => axis + 2);
  return {
    sign,
    form: { kind: 'taps', taps: windows.taps },
    products: productsOf(patch, own, others, axes.length, { groups, rows: channels * windows.taps.length }, name),
    sums: patch.reduce('ReduceSum', own, axes, `${name}/sums`),
  };
}

/** `[N, C, ...]` to `[N, C * taps, ...]`: each position of the kernel is a channel of its own. */
function addWindows(
  patch: GraphPatch,
  tensor: string,
  { op, kernel, attributes, taps, kept }: Windows,
  channels: number,
  output: string,
): string {
  const size = taps.length;
  const id = `${patch.prefix}windows/${op}/${channels}/${kernel.join('_')}`;
  const values = new Float32Array(channels * size * size);
  for (let row = 0; row < channels * size; row++) values[row * size + (row % size)] = 1;
  const dims = op === 'Conv' ? [channels * size, 1, ...kernel] : [channels, size, ...kernel];
  const weight = patch.floats(id, dims, values);
  const all = kept === null ? output : `${output}/all`;
  patch.node(makeNode(op, [tensor, weight], all, [...attributes, intAttribute('group', channels)]));
  return kept === null ? output : patch.slice(all, [kept], output);
}

/**
 * Of windows at all places, also where they reach beyond the tensor: what two positions of the
 * kernel read there is what lies the difference of the two apart. Those windows that the layer does
 * not have are taken off: they lie around its own, and each reads a few rows alone.
 */
function shiftedPieces(
  patch: GraphPatch,
  tensors: MomentTensors,
  reading: LayerReading,
  pads: readonly AxisPads[],
  channels: MomentChannels,
  name: string,
): readonly MomentPiece[] {
  const { kernel, dilations } = reading;
  const strips = kernel.flatMap((_, axis) =>
    (['before', 'behind'] as const).flatMap((side): MomentPiece[] => {
      const id = `${name}/${side}_${axis}`;
      const strip = stripWindows(reading, pads, axis, side);
      if (strip === null) return [];
      const { tensor, other } = tensors;
      const own = {
        tensor: patch.slice(tensor, [strip.range], `${id}/strip`),
        other: other === null ? null : patch.slice(other, [strip.range], `${id}/other_strip`),
      };
      return [windowPiece(patch, own, strip.windows, channels, -1, id)];
    }),
  );
  const shifts = kernelShifts(kernel, tensors.other === null);
  const axes = kernel.map((_, axis) => axis + 2);
  return [
    {
      sign: 1,
      form: { kind: 'shifts', shifts },
      products: shiftedProducts(patch, tensors, shifts, { kernel, dilations }, channels, name),
      sums: patch.reduce('ReduceSum', tensors.tensor, axes, `${name}/sums`),
    },
    ...strips,
  ];
}

interface Strip {
  readonly windows: Windows;
  /** Rows of the tensor that the windows read. */
  readonly range: SliceRange;
}

/**
 * The windows just before, or just behind, those that the layer has on an axis; on the axes before
 * it those that the layer has, on the axes after it all that read anything.
 *
 * @returns null where the layer has all
 */
function stripWindows(
  { kernel, dilations }: LayerReading,
  pads: readonly AxisPads[],
  axis: number,
  side: keyof AxisPads,
): Strip | null {
  const reach = kernel.map((size, each) => (size - 1) * dilations[each]!);
  const width = reach[axis]! - pads[axis]![side];
  if (width === 0) return null;
  const dilation = dilations[axis]!;
  // Only so many positions of the kernel reach into the tensor: the last ones, or the first ones.
  const rows = Math.floor((width - 1) / dilation) + 1;
  const first = side === 'before' ? kernel[axis]! - rows : 0;
  const inner = (rows - 1) * dilation;
  // Zeros where the tensor has fewer rows than the strip; what is behind them is cut off again.
  const own = side === 'before' ? [inner, width - 1] : [width - 1, inner];
  const [before, behind] = ([0, 1] as const).map((at) =>
    kernel.map((_, each) => {
      if (each === axis) return own[at]!;
      return each > axis ? reach[each]! : pads[each]![at === 0 ? 'before' : 'behind'];
    }),
  );
  const cut = kernel.map((size, each) => (each === axis ? rows : size));
  const attributes = [
    intsAttribute('kernel_shape', cut),
    intsAttribute('dilations', dilations),
    intsAttribute('pads', [...before!, ...behind!]),
  ];
  const taps = kernelPositions(kernel).flatMap((position, tap) =>
    position[axis]! >= first && position[axis]! < first + rows ? [tap] : [],
  );
  const range = {
    axis: axis + 2,
    ...(side === 'before' ? { start: 0, end: width } : { start: -width, end: TO_THE_END }),
  };
  return { windows: { op: 'Conv', kernel: cut, attributes, taps, kept: width === 1 ? null : range }, range };
}

/** Of each number with those so many places further, for every shift. */
function shiftedProducts(
  patch: GraphPatch,
  { tensor, other }: MomentTensors,
  shifts: readonly Shift[],
  { kernel, dilations }: Pick<LayerReading, 'kernel' | 'dilations'>,
  { groups, channels }: MomentChannels,
  name: string,
): string {
  const { length: axes } = kernel;
  const own = channelsFirst(patch, tensor, axes, `${name}/channels`);
  const further = other === null ? own : channelsFirst(patch, other, axes, `${name}/other_channels`);
  const steps = shifts.map((shift) => shift.map((step, axis) => step * dilations[axis]!));
  const margin = (side: 'least' | 'most'): readonly number[] =>
    kernel.map((_, axis) => {
      const along = steps.map((step) => step[axis]!);
      return side === 'least' ? -Math.min(...along) : Math.max(...along);
    });
  const [before, behind] = [margin('least'), margin('most')];
  const padded = patch.pad(further, [0, 0, ...before, 0, 0, ...behind], `${name}/padded`);
  const left = asRows(patch, own, groups, channels, `${name}/left`);
  // One after the other, so that there is one copy of the tensor at a time.
  const products = steps.map((step, index) => {
    const ranges = step.map((by, axis) => {
      const end = by - behind[axis]!;
      return { axis: axis + 2, start: before[axis]! + by, end: end === 0 ? TO_THE_END : end };
    });
    const id = `${name}/shift/${index}`;
    const right = asRows(patch, patch.slice(padded, ranges, `${id}/slice`), groups, channels, `${id}/rows`);
    return multiply(patch, left, right, groups, id);
  });
  return patch.concat(products, groups === 1 ? 1 : 2, `${name}/products`);
}

/** Of windows `[N, groups * rows, ...]`: `[groups, rows, rows]`. */
function productsOf(
  patch: GraphPatch,
  tensor: string,
  other: string | null,
  axes: number,
  { groups, rows }: { readonly groups: number; readonly rows: number },
  name: string,
): string {
  const rowsOf = (from: string, part: string): string =>
    asRows(patch, channelsFirst(patch, from, axes, `${part}/channels`), groups, rows, part);
  const left = rowsOf(tensor, `${name}/left`);
  return multiply(patch, left, other === null ? left : rowsOf(other, `${name}/right`), groups, `${name}/products`);
}

/** Of rows of {@link asRows} `[groups, R, L]` and `[groups, S, L]`: `[groups, R, S]`. */
function multiply(patch: GraphPatch, left: string, right: string, groups: number, output: string): string {
  if (groups === 1) return gemm(patch, left, right, 'transB', output);
  return patch.apply('MatMul', [left, patch.transpose(right, [0, 2, 1], `${output}/transposed`)], output);
}

/** One of two matrices is transposed. */
function gemm(patch: GraphPatch, a: string, b: string, transposed: 'transA' | 'transB', output: string): string {
  // Before opset 11 there is no Gemm of two inputs.
  const attributes = [intAttribute(transposed, 1), floatAttribute('beta', 0)];
  patch.node(makeNode('Gemm', [a, b, patch.scalar(0)], output, attributes));
  return output;
}

/** `[groups * R, ...]` to `[groups, R, L]`, or `[R, L]` of one group. */
function asRows(patch: GraphPatch, tensor: string, groups: number, rows: number, output: string): string {
  return patch.reshape(tensor, groups === 1 ? [rows, -1] : [groups, rows, -1], output);
}

/** `[N, C, ...]` to `[C, N, ...]`. */
function channelsFirst(patch: GraphPatch, tensor: string, axes: number, output: string): string {
  return patch.transpose(tensor, [1, 0, ...Array.from({ length: axes }, (_, axis) => axis + 2)], output);
}
