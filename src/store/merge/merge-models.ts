import { graphOfModel, ofModel } from './merged-tables.js';
import { reportConflict, type Merging } from './merging.js';
import { compareOwned, copyMissing, copyOwned, fillFindings, insertRow, isEqual, shown } from './owned-rows.js';
import type { Row } from './table-shape.js';

/** Takes the environments that the target does not have. */
export function mergeEnvironments(merging: Merging): void {
  for (const row of merging.source.all('SELECT * FROM environment ORDER BY id') as readonly Row[]) {
    const known = merging.target.get('SELECT id FROM environment WHERE key = ?', row['key']!) as Row | undefined;
    const id = known === undefined ? insertRow(merging, 'environment', row) : Number(known['id']);
    merging.ids.set('environment', Number(row['id']), id);
  }
}

/** What of a model's own row is of its bytes, not of where they lay. */
const contentColumns = ['size_bytes', 'opset', 'parameters'];

/** Takes models with their layers; of those that the target has, its own path stays. */
export function mergeModels(merging: Merging): void {
  for (const row of merging.source.all('SELECT * FROM model ORDER BY id') as readonly Row[]) {
    const sha256 = String(row['sha256']);
    const name = `model ${sha256}`;
    const known = merging.target.get('SELECT * FROM model WHERE sha256 = ?', sha256) as Row | undefined;
    const target = known === undefined ? insertRow(merging, 'model', row) : Number(known['id']);
    const pair = { source: Number(row['id']), target };
    merging.ids.set('model', pair.source, target);
    if (known === undefined) {
      merging.origins.set(name, merging.from);
      copyOwned(merging, [...ofModel, ...graphOfModel], pair);
      continue;
    }
    for (const table of ofModel) {
      copyMissing(merging, table, pair);
      fillFindings(merging, table, pair);
    }
    if (known['stored_type'] === null && (row['stored_type'] ?? null) !== null) {
      // Earlier versions did not ask for it.
      merging.target.run('UPDATE model SET stored_type = ? WHERE id = ?', row['stored_type']!, target);
    }
    const own = contentColumns
      .filter((column) => !isEqual(known[column]!, row[column]!))
      .map((column) => ({ column: `model.${column}`, detail: `${shown(known[column]!)}, ${shown(row[column]!)}` }));
    const what = `model ${String(row['name'])} (sha256 ${sha256.slice(0, 12)})`;
    reportConflict(merging, name, what, [...own, ...compareOwned(merging, ofModel, pair)]);
    // After the comparison, which learns which layers are the same.
    if (!hasGraph(merging, target)) copyOwned(merging, graphOfModel, pair);
  }
}

function hasGraph({ target }: Merging, model: number): boolean {
  return target.get('SELECT 1 FROM graph_node WHERE model_id = ? LIMIT 1', model) !== undefined;
}
