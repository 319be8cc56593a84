/**
 * Second moments of the inputs of all layers over the first samples of the calibration data: by
 * them `dw H dw^T` is the error that a change of weights makes in an output (Frantar et al. 2022,
 * arXiv 2210.17323).
 */
export interface MomentsRecord {
  readonly samples: number;
  readonly layers: readonly LayerMoments[];
}

/**
 * Of a layer's unfolded input u: what one output position of one group reads, zeros of the padding
 * among it. Column j of a group is `input channel within the group * kernelSize + kernel position`,
 * in the order of the weight's numbers. Means are over samples and output positions, in FP32's
 * units, before smoothing: behind factors s they are `E[u_i u_j] / (s_i s_j)`.
 *
 * Of depthwise layers, and of those whose products would cost more than twice the layer itself, not
 * every output position of a large image is read but every so many, evenly spread: `windowSteps` of
 * src/calibrate/moments.
 */
export interface LayerMoments {
  readonly layer: string;
  readonly groups: number;
  /** Numbers that one output reads: inputs per group * kernel size. */
  readonly columns: number;
  /**
   * Columns of one block, a multiple of the kernel size; the last block may be shorter. Products
   * across blocks are not kept, and count as 0. Equal to `columns` where all are kept.
   */
  readonly blockColumns: number;
  /**
   * E[u_i u_j], i >= j: the lower triangles of the blocks, packed by rows, block after block, group
   * after group. Never below 0 on the diagonal.
   */
  readonly products: Float64Array;
  /** E[u_j], `[groups * columns]`. */
  readonly means: Float64Array;
  /** Share of numbers that are not 0 in each input channel, `[I]`, the padding not counted. */
  readonly nonZeroShares: Float64Array;
}

/** One block of {@link LayerMoments.products}. */
export interface MomentBlock {
  readonly group: number;
  /** First column within the group, and how many there are. */
  readonly first: number;
  readonly columns: number;
  /** Where its triangle begins in `products`: (i, j <= i) is at `offset + i(i+1)/2 + j`. */
  readonly offset: number;
}

/** The blocks of a layer's moments, in the order in which they lie in `products`. */
export function momentBlocks({
  groups,
  columns,
  blockColumns,
}: Pick<LayerMoments, 'groups' | 'columns' | 'blockColumns'>): readonly MomentBlock[] {
  const blocks: MomentBlock[] = [];
  let offset = 0;
  for (let group = 0; group < groups; group++) {
    for (let first = 0; first < columns; first += blockColumns) {
      const own = Math.min(blockColumns, columns - first);
      blocks.push({ group, first, columns: own, offset });
      offset += (own * (own + 1)) / 2;
    }
  }
  return blocks;
}
