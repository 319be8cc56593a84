import type { ModelRecord } from '../../records/model-record.js';
import type { Connection } from '../file/connection.js';

/**
 * Records the graph of a model whose layers are recorded, in place of the one that it had: how
 * conditions are resolved depends on what the sweep feeds.
 */
export function writeGraph(connection: Connection, model: number, { nodes, edges }: ModelRecord['graph']): void {
  connection.run('DELETE FROM graph_edge WHERE model_id = ?', model);
  connection.run('DELETE FROM graph_node WHERE model_id = ?', model);
  nodes.forEach(({ name, op, layer, shape }, position) => {
    connection.run(
      `INSERT INTO graph_node (model_id, position, name, op, layer_id, shape)
       VALUES (?, ?, ?, ?, (SELECT id FROM layer WHERE model_id = ? AND name = ?), ?)`,
      model,
      position,
      name,
      op,
      model,
      layer,
      shape === null ? null : JSON.stringify(shape),
    );
  });
  for (const { from, to, tensor } of edges) {
    connection.run(
      'INSERT INTO graph_edge (model_id, from_node, to_node, tensor) VALUES (?, ?, ?, ?)',
      model,
      from,
      to,
      tensor,
    );
  }
}
