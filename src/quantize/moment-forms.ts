import { momentBlocks, type LayerMoments, type MomentBlock } from '../records/moments-record.js';
import { outputChannels, visitKernels, type WeightLayout } from '../onnx/layers/weight-layout.js';

/** Rows that go through the products at once: each product is read from memory once for all. */
const ROWS_AT_ONCE = 4;

/**
 * A weight as rows: what each output channel makes of the columns of its group.
 *
 * @param valueAt the number at an offset of the weight, of an input and an output channel
 * @returns `[O, columns]`
 */
export function weightRows(
  layout: WeightLayout,
  valueAt: (offset: number, input: number, output: number) => number,
): Float64Array {
  const { inputsPerGroup, kernelSize } = layout;
  const columns = inputsPerGroup * kernelSize;
  const rows = new Float64Array(outputChannels(layout) * columns);
  visitKernels(layout, (input, output, offset) => {
    const first = output * columns + (input % inputsPerGroup) * kernelSize;
    for (let k = 0; k < kernelSize; k++) rows[first + k] = valueAt(offset + k, input, output);
  });
  return rows;
}

/**
 * `r H r^T` of each row: the mean square of what it makes of the layer's unfolded input. Of moments
 * in blocks, products across blocks count as 0.
 *
 * @param rows `[O, columns]`, see {@link weightRows}
 * @returns `[O]`
 */
export function momentForms(moments: LayerMoments, rows: Float64Array): Float64Array {
  const { groups, columns } = moments;
  const outputs = rows.length / columns;
  const perGroup = outputs / groups;
  const forms = new Float64Array(outputs);
  for (const block of momentBlocks(moments)) {
    const end = (block.group + 1) * perGroup;
    for (let output = block.group * perGroup; output < end; output += ROWS_AT_ONCE) {
      addForms(forms, moments, block, rows, output, Math.min(ROWS_AT_ONCE, end - output));
    }
  }
  return forms;
}

/** Of up to {@link ROWS_AT_ONCE} rows from `output` on; missing ones are rows of zeros. */
function addForms(
  forms: Float64Array,
  { products, columns }: LayerMoments,
  block: MomentBlock,
  rows: Float64Array,
  output: number,
  count: number,
): void {
  const zeros = new Float64Array(count < ROWS_AT_ONCE ? block.columns : 0);
  const part = (row: number): Float64Array => {
    if (row >= count) return zeros;
    const first = (output + row) * columns + block.first;
    return rows.subarray(first, first + block.columns);
  };
  const [a, b, c, d] = [part(0), part(1), part(2), part(3)];
  let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
  let at = block.offset;
  for (let i = 0; i < block.columns; i++) {
    let [dotA, dotB, dotC, dotD] = [0, 0, 0, 0];
    for (let j = 0; j < i; j++) {
      const product = products[at + j]!;
      dotA += product * a[j]!;
      dotB += product * b[j]!;
      dotC += product * c[j]!;
      dotD += product * d[j]!;
    }
    const own = products[at + i]!;
    sumA += a[i]! * (own * a[i]! + 2 * dotA);
    sumB += b[i]! * (own * b[i]! + 2 * dotB);
    sumC += c[i]! * (own * c[i]! + 2 * dotC);
    sumD += d[i]! * (own * d[i]! + 2 * dotD);
    at += i + 1;
  }
  for (const [row, sum] of [sumA, sumB, sumC, sumD].entries()) {
    if (row < count) forms[output + row]! += sum;
  }
}

/** E[u_j^2] of every column, `[groups * columns]`. */
export function momentDiagonal(moments: LayerMoments): Float64Array {
  const diagonal = new Float64Array(moments.groups * moments.columns);
  for (const { group, first, columns, offset } of momentBlocks(moments)) {
    for (let i = 0; i < columns; i++) {
      diagonal[group * moments.columns + first + i] = moments.products[offset + (i * (i + 3)) / 2]!;
    }
  }
  return diagonal;
}

/** Share of all products E[u_i u_j] within a group that moments in blocks hold. */
export function productShare(moments: LayerMoments): number {
  const held = momentBlocks(moments).reduce((sum, { columns }) => sum + columns ** 2, 0);
  return held / (moments.groups * moments.columns ** 2);
}
