import { batchesDivergence, type SampleOutputs } from '../../../tasks/output-divergence.js';
import type { LayerRankRecord } from '../../../records/rank-record.js';
import type { OnnxModel } from '../../../onnx/onnx-model.js';
import { prepareModel, type PreparedModel } from '../../../quantize/prepare-layers.js';
import { quantizedModel } from '../../../quantize/graph/quantized-graph.js';
import { bitsOfLayers, selectLayers } from '../../../quantize/select-layers.js';
import { roundedBefore } from '../rounded-before.js';
import { weightError } from '../../../quantize/weight-error.js';
import { fixedAlphas } from '../../../quantize/fixed-alphas.js';
import { freelyChosen, openBatching } from '../../batching/batching.js';
import { batchWithin, type JobContext } from '../job-context.js';
import { observedExecution } from '../observed-execution.js';
import { openJobDataset } from '../open-job-dataset.js';
import type { JobResult } from '../jobs.js';
import type { RankJob } from './rank-job.js';
import { loadModel } from '../../session/load-model.js';
import { modelOutputs } from '../../session/model-outputs.js';

const RUN_SAMPLES = 16;

/**
 * Quantizes every layer of the job's share alone and measures how far the output is from FP32's.
 */
export async function runRank(job: RankJob, context: JobContext): Promise<JobResult<'rank'>> {
  const model = loadModel(job.model, context.caches);
  const { untouched, folded, layers, io } = model;
  const dataset = await openJobDataset(job.calibration.source, job.preprocess, context, job.calibration.sampleSeed);
  const statistics = new Map(job.observation.inputs.map((i) => [i.layer, i]));
  const moments = new Map((job.moments?.layers ?? []).map((each) => [each.layer, each]));
  const preparedAt = (weightBits: number): Promise<PreparedModel> =>
    context.clock.measure('prepare', () =>
      prepareModel(folded, selectLayers(layers, job.layers), statistics, {
        quantization: { ...job.quantization, weight: { ...job.quantization.weight, bits: weightBits } },
        smoothing: job.smoothing,
        bits: bitsOfLayers(layers, job.layers),
        alphaOf: fixedAlphas(job.smoothing),
        ...(moments.size === 0 ? {} : { moments, rounded: context.caches.of(roundedBefore) }),
      }),
    );
  const prepared = await preparedAt(job.quantization.weight.bits);
  const key = JSON.stringify([job.model, job.layers, job.quantization, job.smoothing.mode, job.smoothing.apply]);
  const whole = (): OnnxModel => quantizedModel(prepared.base, prepared.layers);
  const ran = await observedExecution('rank', key, whole, io, dataset, context);
  const batching = await openBatching(model, dataset, [job.calibration.source, job.preprocess], context);
  const own = prepared.layers.filter((_, index) => index % job.share.of === job.share.index);
  const errors = new Map<string, number[]>();
  for (const bits of job.errorBits ?? []) {
    const at = await preparedAt(bits);
    for (const layer of at.layers.filter((_, index) => index % job.share.of === job.share.index)) {
      const { name } = layer.layer;
      const error = weightError(layer, statistics.get(name)!.absmax, moments.get(name) ?? null);
      errors.set(name, [...(errors.get(name) ?? []), error]);
    }
  }
  const range = { first: 0, count: job.samples, batchSize: batchWithin(freelyChosen(RUN_SAMPLES, batching), context) };
  const outputsOf = (graph: OnnxModel): Promise<readonly SampleOutputs[]> =>
    context.clock.measure('run', () => modelOutputs(graph, batching, dataset, range, context));
  const reference = await outputsOf(untouched);
  const value: LayerRankRecord[] = [];
  for (const [index, layer] of own.entries()) {
    const output = await outputsOf(quantizedModel(prepared.base, [layer]));
    value.push({
      layer: layer.layer.name,
      divergence: batchesDivergence(job.task, reference, output),
      ...(job.errorBits === undefined ? {} : { errors: errors.get(layer.layer.name)! }),
    });
    context.report(index + 1, own.length);
  }
  return { value, execution: { ...ran, timings: context.clock.timings } };
}
