import { predictMses } from '../../../losses/predicted/predict-losses.js';
import { NonFiniteError } from '../../../records/non-finite-error.js';
import type { SearchPoint } from '../../../records/search-record.js';
import { selectLayers } from '../../../quantize/select-layers.js';
import { loadModel } from '../../session/load-model.js';
import type { JobContext } from '../job-context.js';
import type { JobResult } from '../jobs.js';
import { prepareAt } from './search-context.js';
import type { SearchJob } from './search-job.js';

/**
 * Judges every layer alone at each of the job's candidates by the squared error that second moments
 * of its input predict. No sample is read, and nothing is run. Weights are rounded to the nearest,
 * as in the other searches.
 *
 * @throws NonFiniteError naming a layer and alpha whose prediction is not finite
 */
export async function searchByMoments(job: SearchJob, context: JobContext): Promise<JobResult<'search'>> {
  const { moments } = job;
  if (moments === null) throw new Error('Invariant: a search by second moments has them.');
  const model = loadModel(job.model, context.caches);
  const layers = selectLayers(model.layers, job.layers);
  const statistics = new Map(job.observation.inputs.map((inputs) => [inputs.layer, inputs]));
  const points: SearchPoint[] = [];
  for (const [index, alpha] of job.candidates.entries()) {
    const prepared = await prepareAt({ job, model, context }, layers, () => alpha);
    const losses = await context.clock.measure('predict', () =>
      predictMses(model.folded, prepared.layers, moments, statistics),
    );
    points.push(...[...losses].map(([layer, loss]) => pointOf(layer, alpha, loss)));
    context.report(index + 1, job.candidates.length);
  }
  return { value: { kind: 'losses', points }, execution: { provider: '', timings: context.clock.timings } };
}

function pointOf(layer: string, alpha: number, loss: number): SearchPoint {
  if (!Number.isFinite(loss)) {
    throw new NonFiniteError(`the predicted loss of layer "${layer}" in the search at alpha ${alpha}`);
  }
  return { layer, alpha, sweep: 0, loss, relL1: null };
}
