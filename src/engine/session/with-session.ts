import type { ModelIo } from '../../onnx/model-io.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { splitModel } from '../../onnx/split-model.js';
import type { JobContext } from '../jobs/job-context.js';
import { runnableForm } from './runnable-form.js';
import { Session } from './session.js';

/**
 * Runs `work` with a session on the model, in the form that its provider runs best, and releases
 * it, whatever happens.
 */
export async function withSession<T>(
  model: OnnxModel,
  io: ModelIo,
  context: JobContext,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await context.clock.measure('session', async () => {
    const runnable = await runnableForm(model, io, context);
    return Session.create(splitModel(runnable.model, null), io.input, runnable.settings);
  });
  try {
    return await work(session);
  } finally {
    await session.release();
  }
}
