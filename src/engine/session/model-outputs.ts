import type { Dataset } from '../../formats/dataset.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { sampleOutputs, type Batching } from '../batching/batching.js';
import { type JobContext } from '../jobs/job-context.js';
import { withSession } from './with-session.js';
import { runBatches } from '../batching/run-batches.js';
import type { BatchRange } from '../batching/sample-runs.js';
import type { Session } from './session.js';

/** What stands between the batches and the session, to feed it more than the batches. */
export type RunWith = (session: Session) => Pick<Session, 'run'>;

/** The evaluated output of a range of samples, one after the other: float32, `[count, ...]`. */
export async function modelOutputs(
  graph: OnnxModel,
  batching: Batching,
  dataset: Dataset,
  range: BatchRange,
  context: JobContext,
  runWith: RunWith = (session) => session,
): Promise<Float32Array> {
  const chunks: Float32Array[] = [];
  await withSession(graph, batching.io, context, (session) =>
    runBatches(runWith(session), batching, dataset, range, (outputs, run) => {
      chunks.push(sampleOutputs(batching, outputs, run).data.slice());
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
