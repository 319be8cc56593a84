import type { WeightLayout } from '../../onnx/layers/weight-layout.js';
import { momentBlocks, type LayerMoments } from '../../records/moments-record.js';

/** Layers with more columns than these are kept in blocks: 21 MB of products each. */
export const MOST_COLUMNS = 2304;

/** Of a layer's moments. */
export interface MomentLayout extends Pick<LayerMoments, 'groups' | 'columns' | 'blockColumns'> {
  readonly kernelSize: number;
}

/** Blocks are of whole channels, and as equal as these allow. */
export function momentLayout(
  { groups, inputsPerGroup, kernelSize }: WeightLayout,
  mostColumns = MOST_COLUMNS,
): MomentLayout {
  const columns = inputsPerGroup * kernelSize;
  const most = Math.max(1, Math.floor(mostColumns / kernelSize));
  const blocks = Math.ceil(inputsPerGroup / most);
  return { groups, columns, kernelSize, blockColumns: Math.ceil(inputsPerGroup / blocks) * kernelSize };
}

/** Numbers of the products of a layer that are kept. */
export function keptProducts(layout: MomentLayout): number {
  return momentBlocks(layout).reduce((sum, { columns }) => sum + (columns * (columns + 1)) / 2, 0);
}
