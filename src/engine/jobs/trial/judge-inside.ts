import { gateGraph } from '../../../equivalence/gate-graph.js';
import { GateJudge, type Judgement } from '../../../equivalence/gate-judgement.js';
import type { OptimizationLevel } from '../../../experiment/sections/settings.js';
import type { OnnxModel } from '../../../onnx/onnx-model.js';
import type { Dataset } from '../../../formats/dataset.js';
import type { PreparedModel } from '../../../quantize/prepare-layers.js';
import { freelyChosen, type Batching } from '../../batching/batching.js';
import { type JobContext } from '../job-context.js';
import { withSession } from '../../session/with-session.js';
import type { LoadedModel } from '../../session/load-model.js';
import { modelOutputs } from '../../session/model-outputs.js';
import { runBatches } from '../../batching/run-batches.js';
import type { SampleOutputs } from '../../../tasks/output-divergence.js';
import { largestDifferences } from './output-error.js';
import type { BatchRange } from '../../batching/sample-runs.js';

/**
 * Samples of one run: the graph holds three models, whose tensors are reduced to single numbers.
 */
const RUN_SAMPLES = 8;

/** A smoothed model whose outputs alone do not tell whether it is equivalent to FP32. */
export interface GateSubject {
  readonly model: LoadedModel;
  readonly prepared: PreparedModel;
  readonly smoothed: OnnxModel;
  readonly batching: Batching;
  readonly dataset: Dataset;
  readonly range: BatchRange;
  /** FP32's outputs over the range. */
  readonly expected: readonly SampleOutputs[];
}

export interface InnerJudgement extends Judgement {
  /** The discontinuous operators that the outputs depend on. */
  readonly discontinuous: readonly string[];
}

/**
 * Judges where it is meaningful, see `gateGraph`. Where no operator is discontinuous, FP32 at
 * another optimization level also tells what float32 rounds by itself.
 */
export async function judgeInside(
  { model, prepared, smoothed, batching, dataset, range, expected }: GateSubject,
  tolerance: number,
  context: JobContext,
): Promise<InnerJudgement> {
  const graph = gateGraph(model, model.folded, smoothed, prepared);
  const judge = new GateJudge(graph);
  const smallRuns = { ...range, batchSize: Math.min(range.batchSize, freelyChosen(RUN_SAMPLES, batching)) };
  await withSession(graph.model, model.io, context, (session) =>
    // Rows that only fill up a batch are copies of a sample, and change no maximum.
    runBatches(session, batching, dataset, smallRuns, (outputs) => {
      judge.add(outputs);
    }),
  );
  if (graph.discontinuous.length > 0) return { ...judge.judge(tolerance), discontinuous: graph.discontinuous };
  const level = otherLevel(context.session.optimizationLevel);
  const other = { ...context, session: { ...context.session, optimizationLevel: level } };
  const reordered = await modelOutputs(model.untouched, batching, dataset, range, other);
  const rounding = largestDifferences(model.io.outputs, expected, reordered);
  return { ...judge.judge(tolerance, rounding), discontinuous: [] };
}

function otherLevel(level: OptimizationLevel): OptimizationLevel {
  return level === 'disabled' ? 'all' : 'disabled';
}
