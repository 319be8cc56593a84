import { JobError, runOnce, type Executor } from '../engine/executor.js';
import type { JobModel } from '../engine/jobs/job-model.js';
import type { DataSource } from '../formats/data-source.js';
import type { MainInput } from '../guess/main-input.js';
import type { RunFacts } from '../guess/model-facts.js';
import type { FoundLayer } from '../onnx/layers/layers.js';
import { macsOfLayers } from '../prepare/macs-of-layers.js';
import { isSampleType } from '../onnx/types/sample-types.js';

/** Samples that are timed, unless the model fixes its batch. */
const SAMPLES = 2;

const asStored = { layout: 'channelsFirst', channelOrder: 'keep', divideBy: 1, mean: null, std: null } as const;

/** Random samples of the shape that the model is fed; its other inputs get 0. */
export function randomSource({ sampleShape, others }: MainInput, inputType: number): DataSource {
  return {
    ...{ format: 'synthetic', shape: [...sampleShape], channelScales: null, seed: 1, count: SAMPLES },
    distribution: isSampleType(inputType) ? 'bytes' : 'normal',
    ...(others.length === 0
      ? {}
      : {
          inputs: Object.fromEntries(
            others.map((name) => [name, { path: null, array: null, value: 0, per: 'sample' }]),
          ),
        }),
  };
}

/**
 * What a run shows; a text where the model does not run so. @throws JobInterrupted
 */
export async function runModel(
  executor: Executor,
  { model, layers }: { readonly model: JobModel; readonly layers: readonly FoundLayer[] },
  source: DataSource,
): Promise<RunFacts | string> {
  const job = { model, preprocess: asStored, source } as const;
  try {
    const { value: measured } = await runOnce<'measure'>(executor, { ...job, kind: 'measure' });
    const shapes = new Map(measured.shapes);
    const timed = await runShapes(executor, job);
    const { value, execution } = timed;
    const first = new Map(value.samplesFirst);
    return {
      rows: value.rows,
      outputs: new Map(
        value.shapes.map(([name, dims]) => {
          const own = first.get(name)?.map((length) => length ?? 0) ?? dims;
          return [name, first.has(name) || own[0] === value.rows ? own.slice(1) : own] as const;
        }),
      ),
      layers: new Map(
        layers.flatMap(({ name, outputTensor }) => {
          const shape = shapes.get(outputTensor);
          return shape === undefined ? [] : [[name, shape] as const];
        }),
      ),
      macs: macsOfLayers(layers, measured),
      msPerSample: (execution.timings['run'] ?? 0) / Math.max(1, value.rows),
    };
  } catch (cause) {
    if (cause instanceof JobError) return cause.failure.message;
    throw cause;
  }
}

/** Two samples show which axis they are; where two don't go, one shows the rest. */
async function runShapes(
  executor: Executor,
  job: { readonly model: JobModel; readonly preprocess: typeof asStored; readonly source: DataSource },
) {
  try {
    return await runOnce<'shapes'>(executor, { ...job, kind: 'shapes', samples: SAMPLES });
  } catch (cause) {
    if (!(cause instanceof JobError)) throw cause;
    return await runOnce<'shapes'>(executor, { ...job, kind: 'shapes', samples: 1 });
  }
}
