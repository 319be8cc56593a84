import type { Layer } from '../../onnx/layers/layers.js';
import { keptProducts, momentLayout, MOST_COLUMNS } from './moment-layout.js';

/** Bytes of a layer's moments in a `MomentsRecord`, or of its sums, before compression. */
export function momentsBytes({ layout, inputChannels }: Pick<Layer, 'layout' | 'inputChannels'>): number {
  const moments = momentLayout(layout);
  return 8 * (keptProducts(moments) + moments.groups * moments.columns + inputChannels);
}

/**
 * What `plan` says of layers whose products are kept in blocks; null where all are kept whole.
 */
export function describeBlocks(layers: readonly Pick<Layer, 'name' | 'layout'>[]): string | null {
  const blocked = layers.flatMap(({ name, layout }) => {
    const { columns, blockColumns } = momentLayout(layout);
    return blockColumns === columns ? [] : [`"${name}" (${columns} columns in blocks of ${blockColumns})`];
  });
  if (blocked.length === 0) return null;
  const [which, they] = blocked.length === 1 ? ['the layer', 'its'] : ['the layers', 'their'];
  return `Second moments of ${which} ${blocked.join(', ')} are kept for blocks of ${they} input channels, since they have more than ${MOST_COLUMNS} columns: rounding counts products across blocks as 0.`;
}
