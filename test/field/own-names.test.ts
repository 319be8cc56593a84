import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { TrialRecord } from '../../src/records/trial-record.js';
import { encodeModel } from '../../src/onnx/onnx-model.js';
import { foldBatchNorm } from '../../src/onnx/folding/fold-batch-norm.js';
import { freePrefix, layerPrefix } from '../../src/onnx/own-names.js';
import { qdqModel } from '../../src/quantize/graph/qdq-graph.js';
import { prepareModel } from '../../src/quantize/prepare-layers.js';
import { smoothedModel } from '../../src/quantize/graph/quantized-graph.js';
import { runJob } from '../../src/engine/jobs/run-job.js';
import type { JobResult } from '../../src/engine/jobs/jobs.js';
import type { JobModel } from '../../src/engine/jobs/job-model.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { quantsweep, temporaryFolder } from '../cli/command-line.js';
import { buildModel, layersOf, modelBytes, node, value, type ModelSpec } from '../onnx/build-model.js';
import { w8a8 } from '../quantize/preparations.js';
import {
  jobModel,
  observeJob,
  oneThread,
  smallNetwork,
  temporaryFiles,
  trialJob,
  writeSamples,
} from '../engine/small-experiment.js';

const write = temporaryFiles();
const source = writeSamples(write);

/** The network with tensors and layers under other names; `x` and `y` are its input and output. */
function renamed(spec: ModelSpec, tensors: Readonly<Record<string, string>>, layers: Readonly<Record<string, string>>) {
  const name = (tensor: string): string => tensors[tensor] ?? tensor;
  return {
    ...spec,
    nodes: spec.nodes.map((n) => ({
      ...n,
      name: layers[n.name] ?? n.name,
      input: n.input.map(name),
      output: n.output.map(name),
    })),
    inputs: [value(name('x'), ['N', 3, 6, 6])],
    outputs: [name('y')],
    initializers: spec.initializers!.map((t) => ({ ...t, name: name(t.name) })),
  } satisfies ModelSpec;
}

async function trialOf(model: JobModel, folded = false): Promise<TrialRecord> {
  const observed = (await runJob(observeJob(model, source), oneThread, () => undefined)) as JobResult<'observe'>;
  const job = trialJob(model, source, observed.value.at(-1)!, {
    correctionSamples: 6,
    ...(folded ? { smoothing: { mode: 'static', alpha: 0.5, absmax: 'channel', apply: 'fold' } as const } : {}),
  });
  const task = { kind: 'fidelity', bootstrap: 20 } as const;
  const { value: record } = (await runJob(
    { ...job, settings: { ...job.settings, task }, referenceArgmax: null },
    oneThread,
    () => undefined,
  )) as JobResult<'trial'>;
  return record as TrialRecord;
}

/** All numbers of a trial, without the layers' names. */
function numbersOf({ evaluation, losses, quantizers, smoothing, gate, outputDivergence }: TrialRecord): unknown {
  const without = <T extends { readonly layer: string }>(rows: readonly T[]) =>
    rows.map((row) => ({ ...row, layer: '', fallbackReason: '' }));
  return [evaluation, without(losses), without(quantizers), without(smoothing), gate, outputDivergence];
}

const plain = jobModel(write('plain.onnx', modelBytes(smallNetwork('N'))));

describe('24: names that are added never meet names of the model', () => {
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, Readonly<Record<string, string>>])[] = [
    [
      'tensors that are called what is added',
      {
        c1: 'quantsweep/first/divided',
        r1: 'quantsweep/twin/c2',
        w2: 'quantsweep/second/weight',
        b2: 'quantsweep/scalar/7',
        pooled: 'quantsweep/observe/0/max',
        flat: 'quantsweep/shape/0_0_-1',
      },
      {},
    ],
    [
      'its input and output called so too, and the second choice taken',
      { x: 'quantsweep/loss/0/positions', y: 'quantsweep/fp32', r2: 'quantsweep2/twin/y', w3: 'quantsweep/axes/2_3' },
      {},
    ],
    ['tensors named like folded parameters', { w2: 'n/folded_weight', b2: 'n/folded_bias' }, {}],
    ['layers named like parts of added names', {}, { first: 'loss/0', second: 'twin/c1', classifier: 'scalar' }],
    ['layers named like those of another', {}, { first: 'a', second: 'a/steps', classifier: 'a/dequantized' }],
  ];

  it.each(cases)('gives the same numbers with %s', async (_what, tensors, layers) => {
    const other = jobModel(write('renamed.onnx', modelBytes(renamed(smallNetwork('N'), tensors, layers))));
    expect(numbersOf(await trialOf(other))).toEqual(numbersOf(await trialOf(plain)));
    expect(numbersOf(await trialOf(other, true))).toEqual(numbersOf(await trialOf(plain, true)));
  });

  it.each(['smoothed', 'quantized, a layer in float'] as const)('sweeps what it wrote itself: %s', async (form) => {
    const { model: folded } = foldBatchNorm(buildModel(smallNetwork('N')));
    const layers = layersOf(folded).slice(0, form === 'smoothed' ? 3 : 2);
    const observed = (await runJob(observeJob(plain, source), oneThread, () => undefined)) as JobResult<'observe'>;
    const statistics = new Map(observed.value.at(-1)!.inputs.map((i) => [i.layer, i]));
    const prepared = prepareModel(folded, layers, statistics, w8a8(0.5));
    const exported =
      form === 'smoothed'
        ? smoothedModel(prepared.base, prepared.layers)
        : qdqModel(prepared.base, prepared.layers, {});
    const again = jobModel(write('again.onnx', encodeModel(exported)));
    const record = await trialOf(again);
    expect(record.losses.map((l) => l.layer)).toContain('classifier');
    expect(record.gate!.maxRelativeError).toBeLessThan(1e-4);
    expect(record.evaluation.accuracies[0]!.value).toBeGreaterThan(0.9);
    // A third generation is no different.
    const third = buildModel({
      nodes: [node('Identity', ['quantsweep/a'], 'quantsweep2/b'), node('Identity', ['quantsweep2/b'], 'y')],
      inputs: [value('quantsweep/a', ['N'])],
    });
    expect(third.ownPrefix).toBe('quantsweep3/');
  });

  it('keeps the usual prefix where it is free, and gives no two layers one name', () => {
    const { graph, ownPrefix } = buildModel(smallNetwork('N'));
    expect(ownPrefix).toBe('quantsweep/');
    expect(freePrefix(graph)).toBe('quantsweep/');
    const names = ['loss/0', 'layer:loss/0', 'loss', 'lossy', 'layer/conv1'].map((layer) =>
      layerPrefix({ ownPrefix }, layer),
    );
    expect(names).toEqual([
      'quantsweep/layer:loss/0',
      'quantsweep/layer:layer:loss/0',
      'quantsweep/layer:loss',
      'quantsweep/lossy',
      'quantsweep/layer/conv1',
    ]);
  });

  const folder = fileURLToPath(new URL('../../../shared/cases/E_reexport_smoothed', import.meta.url));
  if (!existsSync(folder)) console.log(`skipped: the case at ${folder} is not here`);
  it.skipIf(!existsSync(folder))('sweeps the case of an exported model', async () => {
    const at = temporaryFolder();
    cpSync(folder, at, { recursive: true });
    const { code, stdout } = await quantsweep(at, 'run', 'sweep.yaml');
    expect(code, stdout).toBe(0);
    expect(queryDatabase(join(at, 'q.db'), 'SELECT status FROM trial').rows).toEqual([['done'], ['done']]);
  });
});
