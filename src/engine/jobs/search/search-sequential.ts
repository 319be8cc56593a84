import { chooseCandidate } from '../../../losses/choose-candidate.js';
import type { SearchRecord } from '../../../records/search-record.js';
import { searchGraph } from '../../../losses/search-graph.js';
import { layersByDepth } from '../../../onnx/layers/layer-depths.js';
import type { PreparedLayer } from '../../../quantize/prepare-layers.js';
import { quantizedModel } from '../../../quantize/graph/quantized-graph.js';
import type { SearchResult } from './search-job.js';
import { measureCandidates, prepareCandidates, type SearchContext } from './search-context.js';

/**
 * Goes through the layers in graph order. Each one's candidates are fed by its predecessors,
 * quantized at the alphas already chosen, and judged against the layer's output in the untouched
 * FP32 model. Layers that don't depend on each other are measured in one session.
 */
export async function searchSequential(search: SearchContext): Promise<SearchResult> {
  const { job, objective, model, layers, context } = search;
  const chosen: PreparedLayer[] = [];
  const points: SearchRecord['points'][number][] = [];
  const alphas = new Map<string, number>();
  const samples = job.search.samples;
  const groups = layersByDepth(model.folded, layers);
  for (const [index, group] of groups.entries()) {
    const prepared = await prepareCandidates(search, group);
    const predecessors = quantizedModel(model.folded, chosen);
    const graph = searchGraph(model.untouched, prepared, objective, predecessors);
    const measured = await measureCandidates(search, graph, (done) => {
      context.report(index * samples + done, groups.length * samples);
    });
    for (const { name } of group) {
      const own = measured.filter((point) => point.layer === name);
      const best = chooseCandidate(own, job.search.ties);
      points.push(...own.map((point) => ({ ...point, chosen: point === best })));
      alphas.set(name, best.alpha);
      chosen.push(prepared.get(best.alpha)!.layers.find((p) => p.layer.name === name)!);
    }
  }
  return { kind: 'choice', search: { points, alphaCurve: [], alphas } };
}
