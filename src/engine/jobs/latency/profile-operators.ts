import type { ModelIo } from '../../../onnx/model-io.js';
import { copyNode } from '../../../onnx/node.js';
import { copyGraph, withGraph, type OnnxModel } from '../../../onnx/onnx-model.js';
import { splitModel } from '../../../onnx/split-model.js';
import type { OperatorTimeRecord } from '../../../records/latency-record.js';
import { operatorTimes } from '../../session/operator-times.js';
import { profileRuns, type SessionSettings } from '../../session/session.js';
import type { Fed } from './feed-rows.js';

/** Runs under the profiler, and those before them, in which the runtime still allocates. */
const PROFILED_RUNS = 9;
const PROFILE_WARMUP = 2;

/** Median time of each operator of a model over profiled runs, in the order in which they ran. */
export async function profileOperators(
  model: OnnxModel,
  io: ModelIo,
  { batch, further }: Fed,
  settings: SessionSettings,
): Promise<readonly OperatorTimeRecord[]> {
  const named = withNodeNames(model);
  const runs = PROFILE_WARMUP + PROFILED_RUNS;
  const { events, toOld } = await profileRuns(splitModel(named, null), io.input, batch, settings, further, runs);
  return operatorTimes(events, toOld, new Set(named.graph.node.map(({ name }) => name)), PROFILE_WARMUP);
}

/** Nodes without a name get one, by which they are known from those that the runtime inserts. */
function withNodeNames(model: OnnxModel): OnnxModel {
  if (model.graph.node.every(({ name }) => name !== '')) return model;
  const node = model.graph.node.map((own, index) =>
    own.name === '' ? copyNode(own, { name: `${model.ownPrefix}${own.opType} ${index}` }) : own,
  );
  return withGraph(model, copyGraph(model.graph, { node }));
}
