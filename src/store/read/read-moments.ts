import type { LayerMoments, MomentsRecord } from '../../records/moments-record.js';
import type { ContentKey } from '../../plan/plan.js';
import type { Connection } from '../file/connection.js';
import { decodeNumbers } from '../payload/numbers-payload.js';

interface MomentsRow {
  readonly name: string;
  readonly groups: number;
  readonly columns: number;
  readonly block_columns: number;
  readonly products: Uint8Array;
  readonly means: Uint8Array;
  readonly non_zero_shares: string;
}

/**
 * Second moments over the first `samples` of a finished moments stage, layers in graph order, or
 * null.
 */
export function readMoments(connection: Connection, key: ContentKey, samples: number): MomentsRecord | null {
  const rows = connection.all(
    `SELECT l.name, m.groups, m.columns, m.block_columns, m.products, m.means, m.non_zero_shares
     FROM moments m JOIN stage s ON s.id = m.stage_id JOIN layer l ON l.id = m.layer_id
     WHERE s.key = ? AND m.samples = ? ORDER BY l.position`,
    key,
    samples,
  ) as readonly MomentsRow[];
  if (rows.length === 0) return null;
  return { samples, layers: rows.map((row) => layerMoments(row, `${samples} samples of stage ${key}`)) };
}

function layerMoments(
  { name, groups, columns, block_columns: blockColumns, products, means, non_zero_shares: shares }: MomentsRow,
  prefix: string,
): LayerMoments {
  const where = `the moments of layer ${name} over ${prefix}`;
  return {
    layer: name,
    groups,
    columns,
    blockColumns,
    products: decodeNumbers(products, where),
    means: decodeNumbers(means, where),
    nonZeroShares: Float64Array.from(JSON.parse(shares) as number[]),
  };
}
