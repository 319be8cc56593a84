import { searchGraph } from '../../../losses/search-graph.js';
import type { SearchResult } from './search-job.js';
import { measureCandidates, prepareCandidates, type SearchContext } from './search-context.js';

/**
 * Measures every layer alone, fed the FP32 input, at each of the job's candidates, in one graph.
 */
export async function searchIsolated(search: SearchContext): Promise<SearchResult> {
  const { job, objective, model, layers, context } = search;
  const graph = searchGraph(model.untouched, await prepareCandidates(search, layers), objective);
  const total = job.search.samples;
  const points = await measureCandidates(search, graph, (done) => {
    context.report(done, total);
  });
  return { kind: 'losses', points };
}
