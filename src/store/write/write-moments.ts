import type { LayerMoments, MomentsRecord } from '../../records/moments-record.js';
import type { ContentKey } from '../../plan/plan.js';
import type { Connection } from '../file/connection.js';
import { encodeNumbers } from '../payload/numbers-payload.js';
import { RowNumbers } from './row-numbers.js';
import { StoredModel } from './write-model.js';
import { closeStage, openStage } from './write-stages.js';

/** Writes the second moments of each prefix, and marks the stage done. */
export function writeMoments(
  connection: Connection,
  key: ContentKey,
  sha256: string,
  prefixes: readonly MomentsRecord[],
): void {
  const stage = openStage(connection, key, 'moments');
  const model = StoredModel.find(connection, sha256);
  for (const { samples, layers } of prefixes) {
    for (const layer of layers) {
      const { groups, columns, blockColumns, products, means, nonZeroShares } = layer;
      checkFinite(layer);
      connection.run(
        `INSERT INTO moments (stage_id, samples, layer_id, groups, columns, block_columns, products, means, non_zero_shares)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        stage.id,
        samples,
        model.layerId(layer.layer),
        groups,
        columns,
        blockColumns,
        encodeNumbers(products),
        encodeNumbers(means),
        new RowNumbers('moments', layer.layer).vector('non_zero_shares', nonZeroShares),
      );
    }
  }
  closeStage(connection, stage.id, model.id, null);
}

function checkFinite({ layer, products, means }: LayerMoments): void {
  const numbers = new RowNumbers('moments', layer);
  for (const product of products) numbers.finite('products', product);
  for (const mean of means) numbers.finite('means', mean);
}
