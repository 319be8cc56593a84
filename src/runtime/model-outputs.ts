import type { Dataset } from '../data/dataset.js';
import type { ModelIo } from '../graph/model-io.js';
import type { OnnxModel } from '../graph/onnx-model.js';
import { withSession, type JobContext } from './job-context.js';
import { runBatches, withoutPadding, type BatchRange } from './run-batches.js';
import type { Session } from './session.js';

/** What stands between the batches and the session, to feed it more than the batches. */
export type RunWith = (session: Session) => Pick<Session, 'run'>;

/** The evaluated output of a range of samples, one after the other: float32, `[count, ...]`. */
export async function modelOutputs(
  graph: OnnxModel,
  io: ModelIo,
  dataset: Dataset,
  range: BatchRange,
  context: JobContext,
  runWith: RunWith = (session) => session,
): Promise<Float32Array> {
  const chunks: Float32Array[] = [];
  await withSession(graph, io, context, (session) =>
    runBatches(runWith(session), io, dataset, range, (outputs, _first, samples, fed) => {
      chunks.push(withoutPadding(outputs[io.output]!, samples, fed).data.slice());
    }),
  );
  const all = new Float32Array(chunks.reduce((sum, c) => sum + c.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}
