import { applyEdits } from '../../../onnx/edits/edits.js';
import { GraphPatch } from '../../../onnx/edits/graph-patch.js';
import { fixedBatchSize } from '../../../onnx/model-io.js';
import { intAttribute, makeNode } from '../../../onnx/node.js';
import type { OnnxModel } from '../../../onnx/onnx-model.js';
import { elementCount, FLOAT32 } from '../../../onnx/tensor.js';
import type { MemoryProfile } from '../../../plan/estimate/estimate-memory.js';
import { feedReader } from '../../batching/feeds.js';
import { type JobContext } from '../job-context.js';
import { openJobDataset } from '../open-job-dataset.js';
import { withSession } from '../../session/with-session.js';
import type { JobResult } from '../jobs.js';
import type { MeasuredModel, MeasureJob } from './measure-job.js';
import { loadModel } from '../../session/load-model.js';

/** Bytes of a number; tensors of other types than float32 are few. */
const BYTES = 4;

/**
 * Runs one sample of the FP32 model for the shapes of all its tensors, and adds up what they take.
 */
export async function runMeasure(job: MeasureJob, context: JobContext): Promise<JobResult<'measure'>> {
  const { folded, layers, io } = loadModel(job.model, context.caches);
  const dataset = await openJobDataset(job.source, job.preprocess, context);
  const fixedBatch = fixedBatchSize(io);
  const rows = fixedBatch ?? 1;
  const size = elementCount(dataset.sampleShape);
  const sample = new Float32Array(size);
  await dataset.read(0, 1, sample);
  const data = new Float32Array(rows * size);
  for (let row = 0; row < rows; row++) data.set(sample, row * size);
  const further = feedReader(io, dataset)(0, 1, rows);
  const tensors = folded.graph.node.flatMap((node) => node.output.filter((tensor) => tensor !== ''));
  const shapes = await withSession(withShapes(folded, tensors), io, context, (session) =>
    session.run({ data, dims: [rows, ...dataset.sampleShape] }, further),
  );
  const shapeOf = new Map(tensors.map((tensor, index) => [tensor, [...shapes[nameOf(index)]!.data]]));
  shapeOf.set(io.input, [rows, ...dataset.sampleShape]);
  const bytesOf = new Map([...shapeOf].map(([tensor, shape]) => [tensor, (BYTES * elementCount(shape)) / rows]));
  const supported = layers.filter((layer) => layer.supported);
  const inputOf = (tensor: string): number => bytesOf.get(tensor) ?? 0;
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  const memory: MemoryProfile = {
    weights: sum(folded.graph.initializer.map(({ rawData }) => rawData.length)),
    live: livePeak(folded, bytesOf),
    layerInputs: sum([...new Set(supported.map((layer) => layer.inputTensor))].map(inputOf)),
    layerOutputs: sum(supported.map((layer) => inputOf(layer.outputTensor))),
    largestLayer: Math.max(
      0,
      ...supported.map(({ inputTensor, outputTensor }) => inputOf(inputTensor) + inputOf(outputTensor)),
    ),
    output: sum(io.outputs.map(({ name }) => inputOf(name))),
    channels: sum(supported.map((layer) => layer.inputChannels)),
    fixedBatch,
  };
  const ofLayers = new Set(layers.flatMap(({ inputTensor, outputTensor }) => [inputTensor, outputTensor]));
  const value: MeasuredModel = {
    ...{ memory, rows, sampleNumbers: size },
    shapes: [...shapeOf].filter(([tensor]) => ofLayers.has(tensor)),
  };
  return { value, execution: { provider: context.session.provider, timings: context.clock.timings } };
}

function nameOf(index: number): string {
  return `quantsweep/measured/${index}`;
}

function withShapes(model: OnnxModel, tensors: readonly string[]): OnnxModel {
  const patch = new GraphPatch(model);
  for (const [index, tensor] of tensors.entries()) {
    const shape = patch.apply('Shape', [tensor], `${nameOf(index)}/integers`);
    patch.node(makeNode('Cast', [shape], nameOf(index), [intAttribute('to', FLOAT32)]));
  }
  patch.edit({ kind: 'setOutputs', tensors: tensors.map((_, index) => nameOf(index)) });
  return applyEdits(model, patch.edits);
}

/**
 * Bytes of tensors that are needed at once, at most: each from the node that makes it to the last
 * that reads it.
 */
function livePeak(model: OnnxModel, bytesOf: ReadonlyMap<string, number>): number {
  const lastReader = new Map<string, number>();
  for (const [index, node] of model.graph.node.entries()) {
    for (const tensor of node.input) lastReader.set(tensor, index);
  }
  for (const { name } of model.graph.output) lastReader.set(name, Infinity);
  let live = 0;
  let peak = 0;
  for (const input of model.index.inputs) live += bytesOf.get(input) ?? 0;
  for (const [index, node] of model.graph.node.entries()) {
    for (const tensor of node.output) live += bytesOf.get(tensor) ?? 0;
    peak = Math.max(peak, live);
    for (const tensor of new Set([...node.input, ...node.output])) {
      if ((lastReader.get(tensor) ?? index) <= index) live -= bytesOf.get(tensor) ?? 0;
    }
  }
  return peak;
}
