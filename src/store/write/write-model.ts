import { createHash } from 'node:crypto';
import { basename } from 'node:path';

import type { LayerRecord, ModelRecord } from '../../records/model-record.js';
import type { Connection } from '../file/connection.js';
import { RowNumbers } from './row-numbers.js';
import { writeGraph } from './write-graph.js';
import { StoreError } from '../store-error.js';
import type { EnvironmentRecord } from '../../records/machine-record.js';

/** Records a model and its layers, or renews what is known of them; returns its row id. */
export function writeModel(connection: Connection, model: ModelRecord): number {
  const { id } = connection.get(
    `INSERT INTO model (sha256, name, path, size_bytes, opset, parameters, stored_type) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (sha256) DO UPDATE SET
       name = excluded.name, path = excluded.path, stored_type = excluded.stored_type
     RETURNING id`,
    model.sha256,
    basename(model.path),
    model.path,
    model.sizeBytes,
    model.opset,
    model.parameters,
    model.storedType ?? null,
  ) as { id: number };
  for (const layer of model.layers) writeLayer(connection, id, layer);
  writeGraph(connection, id, model.graph);
  return id;
}

function writeLayer(connection: Connection, model: number, layer: LayerRecord): void {
  const { id } = connection.get(
    `INSERT INTO layer (model_id, position, name, op, input_tensor, output_tensor, weight_shape, groups,
                        input_channels, output_channels, batch_norm, unsupported, parameters)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (model_id, name) DO UPDATE SET
       position = excluded.position, op = excluded.op, input_tensor = excluded.input_tensor,
       output_tensor = excluded.output_tensor, weight_shape = excluded.weight_shape, groups = excluded.groups,
       input_channels = excluded.input_channels, output_channels = excluded.output_channels,
       batch_norm = excluded.batch_norm, unsupported = excluded.unsupported, parameters = excluded.parameters
     RETURNING id`,
    model,
    layer.position,
    layer.name,
    layer.op,
    layer.inputTensor,
    layer.outputTensor,
    JSON.stringify(layer.weightShape),
    layer.groups,
    layer.inputChannels,
    layer.outputChannels,
    layer.batchNorm,
    layer.unsupported,
    layer.parameters ?? null,
  ) as { id: number };
  const { weightAbsmax, weightAbsmaxView } = layer;
  if (weightAbsmax === null || weightAbsmaxView === null) return;
  const numbers = new RowNumbers('weight_stat', layer.name);
  weightAbsmax.forEach((absmax, channel) => {
    connection.run(
      'INSERT OR REPLACE INTO weight_stat (layer_id, channel, weight_absmax, weight_absmax_view) VALUES (?, ?, ?, ?)',
      id,
      channel,
      numbers.finite('weight_absmax', absmax),
      numbers.finite('weight_absmax_view', weightAbsmaxView[channel] ?? NaN),
    );
  });
}

/** Records the MACs of a model's layers, by name; those without stay as they are. */
export function writeLayerMacs(connection: Connection, sha256: string, macs: ReadonlyMap<string, number>): void {
  const { id } = StoredModel.find(connection, sha256);
  for (const [name, count] of macs) {
    connection.run('UPDATE layer SET macs = ? WHERE model_id = ? AND name = ?', count, id, name);
  }
}

/** Records where the work is done; equal environments are one row. Returns its row id. */
export function writeEnvironment(connection: Connection, environment: EnvironmentRecord): number {
  const values = [
    environment.quantsweepVersion,
    environment.nodeVersion,
    environment.onnxruntimeVersion,
    environment.os,
    environment.host,
    environment.cpuModel,
    environment.cpuFlags,
    environment.cpuCores,
    environment.memoryMb,
    environment.gpu,
    environment.gpuDriver,
    environment.gitCommit,
  ];
  const key = createHash('sha256').update(JSON.stringify(values)).digest('hex');
  connection.run(
    `INSERT INTO environment (key, quantsweep_version, node_version, onnxruntime_version, os, host, cpu_model, cpu_flags,
                              cpu_cores, memory_mb, gpu, gpu_driver, git_commit)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
    key,
    ...values,
  );
  return (connection.get('SELECT id FROM environment WHERE key = ?', key) as { id: number }).id;
}

/** Row ids of a model and of its layers by name. */
export class StoredModel {
  private constructor(
    readonly id: number,
    private readonly sha256: string,
    private readonly layers: ReadonlyMap<string, number>,
  ) {}

  /** Throws {@link StoreError} `unknown` for a model that no `beginSweep` has recorded. */
  static find(connection: Connection, sha256: string): StoredModel {
    const row = connection.get('SELECT id FROM model WHERE sha256 = ?', sha256) as { id: number } | undefined;
    if (row === undefined) {
      throw new StoreError('unknown', `Expected a model that beginSweep recorded, got sha256 ${sha256}.`);
    }
    const layers = connection.all('SELECT id, name FROM layer WHERE model_id = ?', row.id) as readonly {
      id: number;
      name: string;
    }[];
    return new StoredModel(row.id, sha256, new Map(layers.map(({ id, name }) => [name, id])));
  }

  /** Throws {@link StoreError} `unknown` for a layer that the model was not recorded with. */
  layerId(name: string): number {
    const id = this.layers.get(name);
    if (id === undefined) {
      throw new StoreError(
        'unknown',
        `Expected a layer of model ${this.sha256.slice(0, 12)}..., which has ${this.layers.size}; got "${name}".`,
      );
    }
    return id;
  }
}
