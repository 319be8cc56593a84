import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { EvaluationRecord } from '../../src/records/evaluation-record.js';
import type { ExecutionRecord } from '../../src/records/execution-record.js';
import type { LayerRecord, ModelRecord } from '../../src/records/model-record.js';
import type { ObservationRecord } from '../../src/records/observation-record.js';
import type { TrialRecord } from '../../src/records/trial-record.js';
import type { Experiment } from '../../src/experiment/sections/settings.js';
import type { PlannedStage, PlannedTrial, SweepPlan, TrialSettings } from '../../src/plan/plan.js';
import type { EnvironmentRecord, MachineRecord } from '../../src/records/machine-record.js';
import type { StoredReference, StoredSearch, SweepStore } from '../../src/store/store.js';
import type { SearchSettings } from '../../src/experiment/sections/settings.js';
import { everyLayer, plainQuantization } from '../quantize/preparations.js';

/** A fresh folder's path of a database that does not exist yet. */
export function temporaryDatabase(): string {
  return join(mkdtempSync(join(tmpdir(), 'quantsweep-store-')), 'sweep.db');
}

export const execution: ExecutionRecord = {
  provider: 'CPUExecutionProvider',
  kernels: { CPUExecutionProvider: { Conv: 2, Relu: 1 } },
  timings: { run: 12.5, create: 3 },
};

export const environment: EnvironmentRecord = {
  quantsweepVersion: '0.1.0',
  nodeVersion: 'v20.20.2',
  onnxruntimeVersion: '1.30.0',
  os: 'linux',
  host: 'box',
  cpuModel: 'cpu',
  cpuFlags: 'avx2 avx512_vnni',
  cpuCores: 2,
  memoryMb: 4096,
  gpu: null,
  gpuDriver: null,
  gitCommit: null,
};

export const machine: MachineRecord = { environment, numericsClass: 'cpu-000000000001', agent: null };

function layer(position: number, name: string, weightAbsmax: readonly number[]): LayerRecord {
  return {
    position,
    name,
    op: 'Conv',
    inputTensor: `${name}.in`,
    outputTensor: `${name}.out`,
    weightShape: [4, weightAbsmax.length, 3, 3],
    groups: 1,
    inputChannels: weightAbsmax.length,
    outputChannels: 4,
    batchNorm: null,
    unsupported: null,
    weightAbsmax: Float64Array.from(weightAbsmax),
    weightAbsmaxView: Float64Array.from(weightAbsmax, (value) => value * 2),
  };
}

export const model: ModelRecord = {
  sha256: 'a'.repeat(64),
  path: '/models/tiny.onnx',
  sizeBytes: 1000,
  opset: 17,
  parameters: 250,
  layers: [layer(0, 'conv1', [0.5, 2]), layer(1, 'conv2', [1])],
  graph: {
    nodes: [
      { name: 'image', op: 'Input', layer: null, shape: ['N', 2, 8, 8] },
      { name: 'conv1', op: 'Conv', layer: 'conv1', shape: null },
      { name: 'relu', op: 'Relu', layer: null, shape: null },
      { name: 'conv2', op: 'Conv', layer: 'conv2', shape: null },
      { name: 'add', op: 'Add', layer: null, shape: null },
      { name: 'logits', op: 'Output', layer: null, shape: ['N', 4] },
    ],
    edges: [
      { from: 0, to: 1, tensor: 'image' },
      { from: 1, to: 2, tensor: 'conv1_out' },
      { from: 2, to: 3, tensor: 'relu_out' },
      { from: 2, to: 4, tensor: 'relu_out' },
      { from: 3, to: 4, tensor: 'conv2_out' },
      { from: 4, to: 5, tensor: 'logits' },
    ],
  },
};

const modelSettings = { path: model.path, input: null, output: null };
const preprocess = { layout: 'channelsFirst', channelOrder: 'keep', divideBy: 255, mean: null, std: null } as const;
const source = { format: 'cifar10', path: '/data/batch.bin' } as const;
const calibrationOf = (batches: number) => ({ source, batchSize: 4, batches, sampleSeed: null });
const evaluationSettings = { source, batchSize: 100, samples: 10 } as const;
const task = { kind: 'classification' } as const;
const layers = everyLayer('Conv');
const quantization = plainQuantization(8);
const searchSettings: SearchSettings = {
  candidates: [0.3, 0.7],
  samples: 4,
  objective: 'l1',
  order: 'isolated',
  ties: 'smaller',
  sweeps: 0,
};

function trial(
  position: number,
  key: string,
  label: string,
  settings: Pick<TrialSettings, 'role' | 'smoothing'>,
  batches: number | null,
): PlannedTrial {
  const dynamic = settings.smoothing.mode === 'dynamic';
  const quantized = batches !== null;
  return {
    key,
    label,
    position,
    axes: settings.smoothing.alpha === null ? {} : { 'smoothing.alpha': settings.smoothing.alpha },
    settings: {
      ...settings,
      model: modelSettings,
      evaluation: evaluationSettings,
      preprocess,
      task,
      calibration: quantized ? calibrationOf(batches) : null,
      layers: quantized ? layers : null,
      quantization: quantized ? quantization : null,
      search: dynamic ? searchSettings : null,
      loss: quantized ? { samples: 4, modes: ['accumulated'] } : null,
      gate: quantized ? { samples: 2, tolerance: 0.001 } : null,
    },
    referenceKey: 'reference',
    observeKey: quantized ? 'observe' : null,
    momentsKey: null,
    searchKey: dynamic ? 'search' : null,
    rankKey: null,
    keepKey: null,
    fp32Key: 'fp32',
    unsmoothedKey: quantized ? `unsmoothed-${batches}` : null,
    simulatedKey: null,
    calibrationDataKey: quantized ? 'calibration-data' : null,
  };
}

const none = { mode: 'none', alpha: null, absmax: null, apply: null } as const;
const fixed = (alpha: number) => ({ mode: 'static', alpha, absmax: 'channel', apply: 'insert' }) as const;
const dynamic = { mode: 'dynamic', alpha: null, absmax: 'channel', apply: 'insert' } as const;

export const trials = {
  fp32: trial(0, 'fp32', 'FP32', { role: 'fp32', smoothing: none }, null),
  unsmoothed: trial(1, 'unsmoothed-200', 'unsmoothed, 200 batches', { role: 'unsmoothed', smoothing: none }, 200),
  static: trial(2, 'static-200', 'static alpha=0.5, 200 batches', { role: 'candidate', smoothing: fixed(0.5) }, 200),
  static1500: trial(
    3,
    'static-1500',
    'static alpha=0.5, 1500 batches',
    { role: 'candidate', smoothing: fixed(0.5) },
    1500,
  ),
  dynamic: trial(4, 'dynamic-200', 'dynamic alpha, 200 batches', { role: 'candidate', smoothing: dynamic }, 200),
} as const;

const stages: readonly PlannedStage[] = [
  {
    kind: 'observe',
    key: 'observe',
    model: modelSettings,
    preprocess,
    calibration: calibrationOf(1500),
    snapshots: [1, 200, 1500],
    required: [200, 1500],
    methods: ['channel'],
    histograms: false,
  },
  { kind: 'reference', key: 'reference', model: modelSettings, preprocess, evaluation: evaluationSettings, task },
  {
    kind: 'search',
    key: 'search',
    observeKey: 'observe',
    model: modelSettings,
    preprocess,
    calibration: calibrationOf(200),
    layers,
    quantization,
    smoothing: dynamic,
    task,
    search: searchSettings,
  },
];

export const plan: SweepPlan = {
  name: 'tiny',
  question: 'Which alpha?',
  key: 'sweep-key',
  trials: Object.values(trials),
  stages,
  axisPaths: ['smoothing.alpha'],
};

export const experiment: Experiment = {
  name: plan.name,
  question: plan.question,
  path: '/experiments/tiny.yaml',
  yaml: 'name: tiny\n',
  run: {
    provider: 'cpu',
    allowFallback: false,
    slots: 1,
    threads: 1,
    optimizationLevel: 'basic',
    database: '/unused.db',
    retries: 1,
    hangSeconds: 60,
    memoryMb: null,
    lockWaitMinutes: 60,
  },
  trials: [],
  axisPaths: plan.axisPaths,
};

/** Absmax of conv1 is [batches^0.5, 8], of conv2 [4]: grows with the prefix in one channel only. */
export function observation(batches: number): ObservationRecord {
  const absmax = Float64Array.of(Math.sqrt(batches), 8);
  return {
    batches,
    samples: batches * 4,
    inputs: [
      { layer: 'conv1', min: Float64Array.of(-0, -8), max: absmax, absmax, absmaxView: null, histograms: null },
      {
        layer: 'conv2',
        min: Float64Array.of(0),
        max: Float64Array.of(4),
        absmax: Float64Array.of(4),
        absmaxView: null,
        histograms: null,
      },
    ],
  };
}

/** Top-1 on 10 samples, of which those at the given places are right. */
export function evaluation(correct: readonly number[], samples = 10): EvaluationRecord {
  const data = new Uint8Array(Math.ceil(samples / 8));
  for (const index of correct) data[index >> 3]! |= 1 << (index & 7);
  return {
    primaryMetric: 'top1',
    samples,
    accuracies: [
      {
        metric: 'top1',
        slice: '',
        value: correct.length / samples,
        ciLow: 0.1,
        ciHigh: 0.95,
        ciMethod: 'wilson',
        correct: correct.length,
        total: samples,
      },
    ],
    outcomes: [{ metric: 'top1', kind: 'bitset', count: samples, data }],
  };
}

export const reference: StoredReference = {
  evaluation: evaluation([0, 1, 2, 3, 4, 5, 6, 7, 8]),
  provider: 'CPUExecutionProvider',
  argmax: Int32Array.from([3, 1, 4, 1, 5, 9, 2, 6, 5, 3]),
};

export const search: StoredSearch = {
  points: [
    { layer: 'conv1', alpha: 0.3, loss: 0.02, relL1: 0.1, sweep: 0, chosen: false },
    { layer: 'conv1', alpha: 0.7, loss: 0.01, relL1: 0.05, sweep: 0, chosen: true },
    { layer: 'conv2', alpha: 0.3, loss: 0.03, relL1: null, sweep: 0, chosen: true },
    { layer: 'conv2', alpha: 0.7, loss: 0.04, relL1: 0.2, sweep: 0, chosen: false },
  ],
  alphaCurve: [],
  alphas: new Map([
    ['conv1', 0.7],
    ['conv2', 0.3],
  ]),
};

/**
 * A trial that quantizes both layers: s of conv1 is [2, 4], of conv2 [1]. `l1` is that of conv1;
 * conv2's is 0.01.
 */
export function quantizedRecord(correct: readonly number[], l1: number, alpha: number | null): TrialRecord {
  const quantizer = {
    granularity: 'tensor',
    bits: 8,
    signed: true,
    zeroPoint: 0,
    narrowRange: false,
    amaxChannels: null,
    lowChannels: null,
  } as const;
  const loss = { mode: 'accumulated', mse: l1 * l1, sqnrDb: 30, cosine: 0.99, maxAbs: 1 } as const;
  return {
    evaluation: evaluation(correct),
    losses: [
      { layer: 'conv1', l1, relL1: l1 * 2, ...loss },
      { layer: 'conv2', l1: 0.01, relL1: null, ...loss },
    ],
    lossSamples: 4,
    quantizers: [
      { layer: 'conv1', role: 'input', amax: 2, low: -2, amaxUnsmoothed: 8, scale: 2 / 127, ...quantizer },
      {
        layer: 'conv1',
        role: 'weight',
        amax: 8,
        low: -8,
        amaxUnsmoothed: 2,
        scale: 8 / 127,
        ...quantizer,
        granularity: 'channel',
        amaxChannels: Float64Array.of(8, 0.1, Math.fround(0.3), 4),
      },
    ],
    smoothing: [
      { layer: 'conv1', alpha, apply: 'insert', fallbackReason: null, deadChannels: 0, s: Float32Array.of(2, 4) },
      { layer: 'conv2', alpha, apply: 'insert', fallbackReason: null, deadChannels: 1, s: Float32Array.of(1) },
    ],
    biasCorrections: [],
    outputDivergence: 0.125,
    gate: { maxRelativeError: 1e-6, samples: 2 },
  };
}

export const fp32Record: TrialRecord = {
  evaluation: reference.evaluation,
  losses: [],
  lossSamples: 0,
  quantizers: [],
  smoothing: [],
  biasCorrections: [],
  outputDivergence: null,
  gate: null,
};

export function begin(store: SweepStore): void {
  store.beginSweep(experiment, plan, [model], machine);
}

export function finish(store: SweepStore, planned: PlannedTrial, record: TrialRecord): void {
  const attempt =
    planned.settings.role === 'fp32'
      ? null
      : store.startAttempt({ kind: 'trial', key: planned.key }, { device: 'cpu:0' });
  store.finishTrial(planned, model.sha256, record, execution, 'basic', attempt);
}

/**
 * Stages done; fp32 9/10, unsmoothed 2/10, static 8/10, dynamic 7/10 right; the 1500-batch trial
 * failed.
 */
export function fill(store: SweepStore): void {
  begin(store);
  store.finishObserve('observe', model.sha256, [1, 200, 1500].map(observation));
  store.finishReference('reference', model.sha256, reference);
  store.finishSearch('search', model.sha256, search);
  finish(store, trials.fp32, fp32Record);
  finish(store, trials.unsmoothed, quantizedRecord([0, 9], 0.08, null));
  finish(store, trials.static, quantizedRecord([0, 1, 2, 3, 4, 5, 6, 7], 0.02, 0.5));
  finish(store, trials.dynamic, quantizedRecord([0, 1, 2, 3, 4, 5, 6], 0.04, 0.7));
  const attempt = store.startAttempt({ kind: 'trial', key: trials.static1500.key }, { device: 'cpu:1' });
  const failure = { errorClass: 'GateError', message: 'error 0.1 > 0.001', retry: false };
  store.failAttempt(attempt, failure);
  store.failTrial(trials.static1500.key, failure);
  store.refreshComparisons(plan.name);
}
