import type { Dataset } from '../../formats/dataset.js';
import { dependsOnInputs, dependsOnSamples } from '../../onnx/constants.js';
import { applyEdits } from '../../onnx/edits/edits.js';
import { fixedBatchSize } from '../../onnx/model-io.js';
import { elementCount } from '../../onnx/tensor.js';
import type { JobContext } from '../jobs/job-context.js';
import type { LoadedModel } from '../session/load-model.js';
import type { FloatTensor, Outputs } from '../session/session.js';
import { withSession } from '../session/with-session.js';
import { feedReader } from './feeds.js';

/**
 * The evaluated outputs that all samples share, such as anchors: their numbers hang on no sample,
 * and their shape not on how many are run.
 *
 * @param ran outputs of a run of so many rows
 */
export async function sharedOutputs(
  { folded, io }: LoadedModel,
  ran: Outputs,
  rows: number,
  dataset: Dataset,
  context: JobContext,
): Promise<ReadonlySet<string>> {
  const none = new Set<string>();
  const names = io.outputs.map(({ name }) => name).filter((name) => !dependsOnSamples(folded, name, none));
  // Where the batch is fixed no other can be tried: as many equal rows are taken for the samples'.
  if (fixedBatchSize(io) !== null) return new Set(names.filter((name) => !isRepeated(ran[name]!, rows)));
  const sized = names.filter((name) => dependsOnInputs(folded, name));
  if (sized.length === 0) return new Set(names);
  const more = rows + 1;
  const size = elementCount(dataset.sampleShape);
  const sample = new Float32Array(size);
  await dataset.read(0, 1, sample);
  const data = new Float32Array(more * size);
  for (let row = 0; row < more; row++) data.set(sample, row * size);
  const graph = applyEdits(folded, [{ kind: 'setOutputs', tensors: sized }]);
  const others = await withSession(graph, io, { ...context, longPass: null }, (session) =>
    session.run({ data, dims: [more, ...dataset.sampleShape] }, feedReader(io, dataset)(0, 1, more)),
  );
  const isSame = (name: string): boolean => others[name]!.dims.join() === ran[name]!.dims.join();
  return new Set(names.filter((name) => !sized.includes(name) || isSame(name)));
}

function isRepeated({ data, dims }: FloatTensor, rows: number): boolean {
  const size = data.length / rows;
  return dims[0] === rows && data.every((value, index) => value === data[index % size]);
}
