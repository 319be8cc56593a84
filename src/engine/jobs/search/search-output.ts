import { chooseCandidate } from '../../../losses/choose-candidate.js';
import { batchesDivergence, type SampleOutputs } from '../../../tasks/output-divergence.js';
import type { SearchRecord } from '../../../records/search-record.js';
import type { OnnxModel } from '../../../onnx/onnx-model.js';
import { quantizedModel } from '../../../quantize/graph/quantized-graph.js';
import type { SearchResult } from './search-job.js';
import { modelOutputs, type RunWith } from '../../session/model-outputs.js';
import { openTail } from './open-tail.js';
import { prepareAt, prepareCandidates, searchedRange, type SearchContext } from './search-context.js';

/**
 * Coordinate descent on the divergence of the whole quantized model's output from FP32's. It starts
 * from the best static alpha and goes through the layers in graph order, `sweeps` times or until
 * nothing changes: each layer takes the candidate that is strictly better than its own alpha, with
 * the alphas of all others as they are. Without sweeps (alpha `auto`) every layer keeps the best
 * static alpha.
 */
export async function searchOutput(search: SearchContext): Promise<SearchResult> {
  const { job, model, batching, dataset, layers, context } = search;
  const { ties, sweeps } = job.search;
  const { candidates } = job;
  const range = searchedRange(search);
  const outputsOf = (graph: OnnxModel, runWith?: RunWith): Promise<readonly SampleOutputs[]> =>
    context.clock.measure('run', () => modelOutputs(graph, batching, dataset, range, context, runWith));
  const reference = await outputsOf(model.untouched);
  const divergenceOf = async (graph: OnnxModel, runWith?: RunWith): Promise<number> =>
    batchesDivergence(job.task, reference, await outputsOf(graph, runWith));

  const total = candidates.length * (1 + sweeps * layers.length);
  let done = 0;
  const report = (): void => {
    context.report(++done, total);
  };

  const curve: { readonly alpha: number; readonly loss: number }[] = [];
  for (const alpha of candidates) {
    const { layers: prepared } = await prepareAt(search, layers, () => alpha);
    curve.push({ alpha, loss: await divergenceOf(quantizedModel(model.folded, prepared)) });
    report();
  }
  const start = chooseCandidate(curve, ties);
  const { layers: startLayers } = await prepareAt(search, layers, () => start.alpha);
  const current = new Map(startLayers.map((prepared) => [prepared.layer.name, prepared]));

  const points: SearchRecord['points'][number][] = [];
  for (let sweep = 1; sweep <= sweeps; sweep++) {
    let changed = false;
    for (const layer of layers) {
      const prepared = await prepareCandidates(search, [layer]);
      const others = [...current.values()].filter((p) => p.layer.name !== layer.name);
      const tail = await context.clock.measure('run', () =>
        openTail(search, quantizedModel(model.folded, others), layer, range),
      );
      const own: { readonly alpha: number; readonly loss: number }[] = [];
      for (const [alpha, { layers: at }] of prepared) {
        own.push({ alpha, loss: await divergenceOf(quantizedModel(tail.model, at), tail.runWith) });
        report();
      }
      const before = own.find(({ alpha }) => alpha === current.get(layer.name)!.alpha)!;
      const best = chooseCandidate(own, ties);
      const kept = best.loss < before.loss ? best : before;
      if (kept !== before) {
        changed = true;
        current.set(layer.name, prepared.get(kept.alpha)!.layers[0]!);
      }
      points.push(...own.map((p) => ({ ...p, layer: layer.name, sweep, relL1: null, chosen: p === kept })));
    }
    if (!changed) break;
  }
  const alphaCurve = curve.map((p) => ({ alpha: p.alpha, divergence: p.loss, chosen: p === start }));
  const alphas = new Map([...current].map(([name, { alpha }]) => [name, alpha!]));
  return { kind: 'choice', search: { points, alphaCurve, alphas } };
}
