import type { GraphPatch, SliceRange } from '../../onnx/edits/graph-patch.js';
import { TO_THE_END } from '../../onnx/edits/graph-patch.js';
import { floatAttribute, intAttribute, makeNode } from '../../onnx/node.js';
import { elementCount, int64Tensor } from '../../onnx/tensor.js';
import { kernelPositions, kernelShifts, type Shift } from './kernel-shifts.js';
import { axisWindows, rangeOfTap, stripWindows, type AxisWindows } from './axis-windows.js';
import type { AxisPads, LayerReading } from './layer-reading.js';

/**
 * Graph outputs with numbers that are added to the sums of a range of channels, or taken off them.
 */
export interface MomentPiece {
  readonly sign: 1 | -1;
  /**
   * `taps`: `[groups, R, R]`, of windows that hold these positions of the kernel, R of them in all
   * channels: `channels * taps` or `taps * channels`, as `order` says what comes first. `shifts`:
   * `[groups, channels, shifts * channels]`, of the number at each place and that at the place a
   * shift further.
   */
  readonly form:
    | { readonly kind: 'taps'; readonly taps: readonly number[]; readonly order: 'channels' | 'taps' }
    | { readonly kind: 'shifts'; readonly shifts: readonly Shift[] }
    | RowsForm;
  readonly products: string;
  /**
   * `[any, groups * R]`, of shifts `[any, groups * channels]`, of rows `[groups, W]`: sums of u;
   * null where another piece has them.
   */
  readonly sums: string | null;
}

/**
 * `[groups, W, W]`, of groups of one channel: products of all columns of the row that a position of
 * the kernel reads with those of the row that another one reads, summed over windows above each
 * other.
 */
export interface RowsForm {
  readonly kind: 'rows';
  /** Rows of the kernel, the first no later than the second. */
  readonly pairs: readonly (readonly [number, number])[];
  /** Which columns windows read. */
  readonly windows: AxisWindows;
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
  const { kind, kernel, strides, pads } = reading;
  if (kind === 'matrix') return [matrixPiece(patch, tensors, name)];
  const hasSteps = strides.some((stride) => stride !== 1);
  // Before opset 10 a slice has no steps.
  if (pads === null || (hasSteps && patch.opset < 10)) return [operatorPiece(patch, tensors, reading, channels, name)];
  const first = onBoth(tensors, (tensor, part) => channelsFirst(patch, tensor, kernel.length, `${name}/${part}`));
  if (channels.channels === 1 && channels.groups > 1 && kernel.length === 2 && tensors.other === null) {
    return depthwisePieces(patch, first.tensor, reading, pads, channels.groups, name);
  }
  if (!hasSteps && elementCount([...kernel]) > 1 && channels.channels > 1 && isNoSmaller(reading, pads)) {
    return shiftedPieces(patch, tensors, first, reading, pads, channels, name);
  }
  const axes = kernel.map((_, axis) => axisWindows(reading, pads, axis));
  const taps = kernelPositions(kernel).map((_, tap) => tap);
  return [slicedPiece(patch, first, axes, taps, channels, 1, name)];
}

/**
 * Whether there are as many windows as places at least. The products of fewer would be a small
 * difference of large sums.
 */
function isNoSmaller(
  { kernel, dilations }: Pick<LayerReading, 'kernel' | 'dilations'>,
  pads: readonly AxisPads[],
): boolean {
  return pads.every(({ before, behind }, axis) => {
    const reach = (kernel[axis]! - 1) * dilations[axis]!;
    return before <= reach && behind <= reach && before + behind >= reach;
  });
}

/** What is made of one tensor, or of both of a pair. */
function onBoth({ tensor, other }: MomentTensors, make: (tensor: string, part: string) => string): MomentTensors {
  return { tensor: make(tensor, 'own'), other: other === null ? null : make(other, 'other') };
}

/** Of `[rows, C]`. */
function matrixPiece(patch: GraphPatch, { tensor, other }: MomentTensors, name: string): MomentPiece {
  return {
    sign: 1,
    form: { kind: 'taps', taps: [0], order: 'channels' },
    products: gemm(patch, tensor, other ?? tensor, 'transA', `${name}/products`),
    sums: patch.reduce('ReduceSum', tensor, [0], `${name}/sums`),
  };
}

/** Windows that the layer's operator takes: for each position a kernel with a single 1 there. */
function operatorPiece(
  patch: GraphPatch,
  tensors: MomentTensors,
  { kind, kernel, attributes }: LayerReading,
  { groups, channels }: MomentChannels,
  name: string,
): MomentPiece {
  const taps = kernelPositions(kernel).map((_, tap) => tap);
  const size = taps.length;
  const all = groups * channels;
  const values = new Float32Array(all * size * size);
  for (let row = 0; row < all * size; row++) values[row * size + (row % size)] = 1;
  const dims = kind === 'convolution' ? [all * size, 1, ...kernel] : [all, size, ...kernel];
  const weight = patch.floats(`${patch.prefix}windows/${dims.join('_')}`, dims, values);
  const windows = onBoth(tensors, (tensor, part) => {
    const output = `${name}/${part}`;
    const op = kind === 'convolution' ? 'Conv' : 'ConvTranspose';
    patch.node(makeNode(op, [tensor, weight], output, [...attributes, intAttribute('group', all)]));
    return output;
  });
  const first = onBoth(windows, (tensor, part) => channelsFirst(patch, tensor, kernel.length, `${name}/${part}_first`));
  return rowsPiece(patch, first, { kind: 'taps', taps, order: 'channels' }, groups, channels * size, 1, name);
}

/** Windows cut out of the padded tensors `[C, N, ...]`, one position of the kernel at a time. */
function slicedPiece(
  patch: GraphPatch,
  tensors: MomentTensors,
  axes: readonly AxisWindows[],
  taps: readonly number[],
  { groups, channels }: MomentChannels,
  sign: 1 | -1,
  name: string,
): MomentPiece {
  const rows = channels * taps.length;
  const windows = onBoth(tensors, (tensor, part) => {
    const padded = padAxes(patch, tensor, axes, `${name}/${part}_padded`);
    const steps = axes.map(({ stride }) => stride);
    const slices = kernelPositions(axes.map((axis) => axis.taps)).map((position, tap) => {
      const id = `${name}/${part}/${tap}`;
      const ranges = axes.map((axis, at) => ({ axis: at + 2, ...rangeOfTap(axis, position[at]!) }));
      const isAll =
        steps.every((step) => step === 1) && ranges.every(({ start, end }) => start === 0 && end === TO_THE_END);
      return asRows(patch, isAll ? padded : patch.slice(padded, ranges, `${id}/slice`, steps), groups, channels, id);
    });
    return slices.length === 1 ? slices[0]! : patch.concat(slices, groups === 1 ? 0 : 1, `${name}/${part}_windows`);
  });
  return rowsPiece(patch, windows, { kind: 'taps', taps, order: 'taps' }, groups, rows, sign, name);
}

function padAxes(patch: GraphPatch, tensor: string, axes: readonly AxisWindows[], output: string): string {
  const [before, behind] = (['before', 'behind'] as const).map((side) => axes.map(({ pads }) => pads[side]));
  if ([...before!, ...behind!].every((width) => width === 0)) return tensor;
  return patch.pad(tensor, [0, 0, ...before!, 0, 0, ...behind!], output);
}

/** Products and sums of rows `[groups * rows, ...]`. */
function rowsPiece(
  patch: GraphPatch,
  tensors: MomentTensors,
  form: MomentPiece['form'],
  groups: number,
  rows: number,
  sign: 1 | -1,
  name: string,
): MomentPiece {
  const { tensor: left, other } = onBoth(tensors, (tensor, part) =>
    asRows(patch, tensor, groups, rows, `${name}/${part}_rows`),
  );
  return {
    sign,
    form,
    products: multiply(patch, left, other ?? left, groups, `${name}/products`),
    sums: patch.reduce('ReduceSum', left, [groups === 1 ? 1 : 2], `${name}/sums`),
  };
}

/**
 * Of windows at all places, also where they reach beyond the tensor: what two positions of the
 * kernel read there is what lies the difference of the two apart. Those windows that the layer does
 * not have are taken off: they lie around its own, and each reads a few rows alone.
 *
 * @param first the tensors with their channels first
 */
function shiftedPieces(
  patch: GraphPatch,
  { tensor }: MomentTensors,
  first: MomentTensors,
  reading: LayerReading,
  pads: readonly AxisPads[],
  channels: MomentChannels,
  name: string,
): readonly MomentPiece[] {
  const { kernel, dilations } = reading;
  const positions = kernelPositions(kernel);
  const strips = kernel.flatMap((_, axis) =>
    (['before', 'behind'] as const).flatMap((side): MomentPiece[] => {
      const id = `${name}/${side}_${axis}`;
      const strip = stripWindows(axisWindows(reading, pads, axis), side);
      if (strip === null) return [];
      const { windows, firstTap, range } = strip;
      // The layer's own on the axes before, so that no window is in two strips.
      const all = kernel.map((_, at): AxisWindows => {
        const own = axisWindows(reading, pads, at);
        const reach = (own.taps - 1) * own.dilation;
        if (at === axis) return windows;
        return at < axis ? own : { ...own, pads: { before: reach, behind: reach } };
      });
      const taps = positions.flatMap((position, tap) => {
        const at = position[axis]! - firstTap;
        return at >= 0 && at < windows.taps ? [tap] : [];
      });
      const cut = [{ axis: axis + 2, ...range }];
      const own = onBoth(first, (from, part) => patch.slice(from, cut, `${id}/${part}_strip`));
      return [slicedPiece(patch, own, all, taps, channels, -1, id)];
    }),
  );
  const shifts = kernelShifts(kernel, first.other === null);
  const axes = kernel.map((_, axis) => axis + 2);
  return [
    {
      sign: 1,
      form: { kind: 'shifts', shifts },
      products: shiftedProducts(patch, first, shifts, { kernel, dilations }, channels, name),
      sums: patch.reduce('ReduceSum', tensor, axes, `${name}/sums`),
    },
    ...strips,
  ];
}

/**
 * Of images with a group for each channel. Products of whole rows are a few large products where
 * those of windows are many small ones.
 *
 * @param tensor `[C, N, H, W]`
 */
function depthwisePieces(
  patch: GraphPatch,
  tensor: string,
  reading: LayerReading,
  pads: readonly AxisPads[],
  groups: number,
  name: string,
): readonly MomentPiece[] {
  const [down, across] = [axisWindows(reading, pads, 0), axisWindows(reading, pads, 1)];
  const width = patch.slice(
    patch.apply('Shape', [tensor], `${name}/shape`),
    [{ axis: 0, start: 3, end: 4 }],
    `${name}/width`,
  );
  const start = patch.initializer(int64Tensor(`${patch.prefix}rows/${groups}`, [groups, -1]));
  const asLines = patch.concat([start, width], 0, `${name}/lines`);
  const lines = (from: string, id: string): string => patch.apply('Reshape', [from, asLines], id);
  const cut = (from: string, range: Omit<SliceRange, 'axis'>, id: string, stride = 1): string =>
    lines(patch.slice(from, [{ axis: 2, ...range }], `${id}/slice`, [stride]), id);
  const product = (left: string, right: string, pairs: RowsForm['pairs'], sign: 1 | -1, id: string): MomentPiece => ({
    sign,
    form: { kind: 'rows', pairs, windows: across },
    products: patch.apply('MatMul', [patch.transpose(left, [0, 2, 1], `${id}/columns`), right], `${id}/products`),
    sums: left === right ? patch.reduce('ReduceSum', left, [1], `${id}/sums`) : null,
  });
  const ofPairs = (from: string, windows: AxisWindows, firstTap: number, sign: 1 | -1, id: string): MomentPiece[] => {
    const padded = padAxes(patch, from, [windows, { ...across, pads: { before: 0, behind: 0 } }], `${id}/padded`);
    const rows = Array.from({ length: windows.taps }, (_, tap) =>
      cut(padded, rangeOfTap(windows, tap), `${id}/row_${tap}`, windows.stride),
    );
    return rows.flatMap((left, a) =>
      rows.slice(a).map((right, further) => {
        const pair = [firstTap + a, firstTap + a + further] as const;
        return product(left, right, [pair], sign, `${id}/${pair.join('_')}`);
      }),
    );
  };
  const isEverywhere = down.stride === 1 && isNoSmaller({ ...reading, kernel: [down.taps] }, pads.slice(0, 1));
  if (!isEverywhere) return ofPairs(tensor, down, 0, 1, name);
  const reach = (down.taps - 1) * down.dilation;
  const padded = reach === 0 ? tensor : patch.pad(tensor, [0, 0, 0, 0, 0, 0, reach, 0], `${name}/padded`);
  const own = lines(tensor, `${name}/rows`);
  const everywhere = Array.from({ length: down.taps }, (_, lag) => {
    const pairs = Array.from({ length: down.taps - lag }, (_, a) => [a, a + lag] as const);
    const id = `${name}/lag_${lag}`;
    return product(own, lag === 0 ? own : cut(padded, rangeOfTap(down, lag), id), pairs, 1, id);
  });
  const strips = (['before', 'behind'] as const).flatMap((side) => {
    const strip = stripWindows(down, side);
    if (strip === null) return [];
    const from = patch.slice(tensor, [{ axis: 2, ...strip.range }], `${name}/${side}`);
    return ofPairs(from, strip.windows, strip.firstTap, -1, `${name}/${side}`);
  });
  return [...everywhere, ...strips];
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
  const steps = shifts.map((shift) => shift.map((step, axis) => step * dilations[axis]!));
  const margin = (side: 'least' | 'most'): readonly number[] =>
    kernel.map((_, axis) => {
      const along = steps.map((step) => step[axis]!);
      return side === 'least' ? -Math.min(...along) : Math.max(...along);
    });
  const [before, behind] = [margin('least'), margin('most')];
  const padded = patch.pad(other ?? tensor, [0, 0, ...before, 0, 0, ...behind], `${name}/padded`);
  const left = asRows(patch, tensor, groups, channels, `${name}/left`);
  // One after the other, so that there is one copy of the tensor at a time.
  const products = steps.map((step, index) => {
    const isNone = step.every((by) => by === 0);
    if (isNone && other === null) return multiply(patch, left, left, groups, `${name}/shift/${index}`);
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
