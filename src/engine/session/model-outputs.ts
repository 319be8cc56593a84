import type { Dataset } from '../../formats/dataset.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import type { SampleOutputs } from '../../tasks/output-divergence.js';
import { sampleOutputs, type Batching } from '../batching/batching.js';
import { type JobContext } from '../jobs/job-context.js';
import { withSession } from './with-session.js';
import { runBatches } from '../batching/run-batches.js';
import type { BatchRange } from '../batching/sample-runs.js';
import type { Session } from './session.js';

/** What stands between the batches and the session, to feed it more than the batches. */
export type RunWith = (session: Session) => Pick<Session, 'run'>;

/** The evaluated outputs of a range of samples, run by run. */
export async function modelOutputs(
  graph: OnnxModel,
  batching: Batching,
  dataset: Dataset,
  range: BatchRange,
  context: JobContext,
  runWith: RunWith = (session) => session,
): Promise<readonly SampleOutputs[]> {
  const batches: SampleOutputs[] = [];
  await withSession(graph, batching.io, context, (session) =>
    runBatches(runWith(session), batching, dataset, range, (outputs, run) => {
      const own = sampleOutputs(batching, outputs, run);
      // Copies: the runtime's own memory is not held.
      const kept = own.map((tensor) => ({ ...tensor, data: tensor.data.slice() }));
      batches.push({ samples: run.samples, outputs: kept });
    }),
  );
  return batches;
}
