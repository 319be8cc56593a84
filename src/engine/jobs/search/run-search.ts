import { searchGraph } from '../../../losses/search-graph.js';
import type { OnnxModel } from '../../../onnx/onnx-model.js';
import { quantizedModel } from '../../../quantize/graph/quantized-graph.js';
import { selectLayers } from '../../../quantize/select-layers.js';
import { openBatching } from '../../batching/batching.js';
import { type JobContext } from '../job-context.js';
import { observedExecution } from '../observed-execution.js';
import { openJobDataset } from '../open-job-dataset.js';
import type { JobResult } from '../jobs.js';
import type { SearchJob, SearchResult } from './search-job.js';
import { loadModel } from '../../session/load-model.js';
import { prepareAt, type SearchContext } from './search-context.js';
import { searchByMoments } from './search-by-moments.js';
import { searchIsolated } from './search-isolated.js';
import { searchOutput } from './search-output.js';
import { searchSequential } from './search-sequential.js';

/** Judges candidate alphas, by what they predict or in the order of the search's settings. */
export async function runSearch(job: SearchJob, context: JobContext): Promise<JobResult<'search'>> {
  const { objective } = job.search;
  if (objective === 'hessian') return searchByMoments(job, context);
  const model = loadModel(job.model, context.caches);
  const dataset = await openJobDataset(job.calibration.source, job.preprocess, context, job.calibration.sampleSeed);
  const layers = selectLayers(model.layers, job.layers);
  const batching = await openBatching(model, dataset, [job.calibration.source, job.preprocess], context);
  const search: SearchContext = { job, objective, model, batching, dataset, layers, context };
  const key = JSON.stringify([job.model, job.layers, job.quantization, job.smoothing.apply, objective]);
  const kind = `search ${job.search.order}`;
  const ran = await observedExecution(kind, key, () => firstGraph(search), model.io, dataset, context);
  return { value: await searchBy(search), execution: { ...ran, timings: context.clock.timings } };
}

function searchBy(search: SearchContext): Promise<SearchResult> {
  switch (search.job.search.order) {
    case 'isolated':
      return searchIsolated(search);
    case 'sequential':
      return searchSequential(search);
    case 'output':
      return searchOutput(search);
  }
}

/** All layers at the first candidate: the operators of every graph that the search runs. */
async function firstGraph(search: SearchContext): Promise<OnnxModel> {
  const { job, objective, model, layers } = search;
  const [alpha] = job.candidates;
  const prepared = await prepareAt(search, layers, () => alpha!);
  if (job.search.order === 'output') return quantizedModel(model.folded, prepared.layers);
  return searchGraph(model.untouched, new Map([[alpha!, prepared]]), objective).model;
}
