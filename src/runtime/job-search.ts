import type { OnnxModel } from '../graph/onnx-model.js';
import { selectLayers } from '../quantize/select-layers.js';
import { observedProvider, openJobDataset, type JobContext } from './job-context.js';
import type { JobResult, SearchJob, SearchResult } from './jobs.js';
import { loadModel } from './model-cache.js';
import type { SearchContext } from './search-context.js';
import { searchIsolated } from './search-isolated.js';
import { searchOutput } from './search-output.js';
import { searchSequential } from './search-sequential.js';

/** Judges candidate alphas on calibration samples, in the order of the search's settings. */
export async function runSearch(job: SearchJob, context: JobContext): Promise<JobResult<'search'>> {
  const model = loadModel(job.model);
  const dataset = await openJobDataset(job.calibration.source, job.preprocess, job.calibration.sampleSeed);
  const layers = selectLayers(model.layers, job.layers);
  const { value, graph } = await searchBy({ job, model, dataset, layers, context });
  const key = job.model.sha256 + JSON.stringify(job.layers);
  const kind = `search ${job.search.order}`;
  const provider = await observedProvider(kind, key, graph, model.io, dataset, context);
  return { value, execution: { provider, timings: context.clock.timings } };
}

function searchBy(search: SearchContext): Promise<{ value: SearchResult; graph: OnnxModel }> {
  switch (search.job.search.order) {
    case 'isolated':
      return searchIsolated(search);
    case 'sequential':
      return searchSequential(search);
    case 'output':
      return searchOutput(search);
  }
}
