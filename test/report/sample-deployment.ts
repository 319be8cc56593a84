import type { Sample } from './sample-database.js';
import type { SampleTrial } from './sample-trials.js';

interface Insert {
  readonly table: string;
  readonly row: Readonly<Record<string, unknown>>;
}

/** Targets of the sample that are run: others follow published rules. */
const run = ['layers-only', 'onnxruntime-cpu', 'onnxruntime-cpu-avx2'];

/**
 * What a synthetic sweep stores of targets, deployment and speed: on `layers-only` nothing is
 * faster than FP32, on `onnxruntime-cpu` everything but what is unsmoothed is. Of none without
 * targets.
 */
export function sampleDeployment(sample: Sample, trials: readonly SampleTrial[], base: number): readonly Insert[] {
  if (sample.targets.length === 0) return [];
  let latencies = 0;
  return trials.flatMap((trial) => {
    if (trial.role === 'fp32' || trial.status !== 'done' || trial.target === null) return [];
    const id = base + trial.offset;
    const { target } = trial;
    const rows = [
      ...(target === 'layers-only' ? [] : tensors(id, sample)),
      ...(target === 'onnxruntime-cpu' ? deployment(id, trial, sample) : []),
      ...(run.includes(target)
        ? sample.latency.flatMap((batch) => latency(id, base + latencies++, batch, trial, base))
        : []),
    ];
    return rows;
  });
}

function tensors(id: number, { layers }: Sample): Insert[] {
  const quantizer = (position: number, values: Readonly<Record<string, unknown>>): Insert => ({
    table: 'tensor_quantizer',
    row: {
      trial_id: id,
      position,
      group: position,
      bits: 8,
      signed: 0,
      amax: 4 + position,
      low: 0,
      scale: (4 + position) / 255,
      zero_point: 0,
      is_fixed: 0,
      divisor: null,
      ...values,
    },
  });
  return [
    quantizer(0, { tensor: 'image', op: null, low: -2, zero_point: 85, divisor: '[0.01,0.02]' }),
    ...layers.map((_, index) => quantizer(index + 1, { tensor: `out${index}`, op: index % 2 === 0 ? 'Relu' : 'Add' })),
    quantizer(layers.length + 1, { tensor: 'logits', op: 'Sigmoid', amax: 1, scale: 1 / 256, is_fixed: 1 }),
  ];
}

function deployment(id: number, trial: SampleTrial, { layers, metric, evaluationSamples }: Sample): Insert[] {
  const differs = trial.role === 'unsmoothed';
  const samples = differs ? 3 : 0;
  const operators = [
    { node: 'image_q', op: 'Resize', runs: 'float', kernel: 'Resize' },
    ...layers.map((_, index) => ({ node: `out${index}`, op: 'Conv', runs: 'integer', kernel: 'QLinearConv' })),
    ...(differs ? [{ node: 'act', op: 'HardSwish', runs: 'float', kernel: 'HardSwish' }] : []),
  ];
  return [
    {
      table: 'deployment_gap',
      row: {
        trial_id: id,
        options: 'default',
        onnxruntime_version: '1.30.0',
        samples: 64,
        output_values: 640,
        differing: differs ? 12 : 0,
        max_difference: differs ? 0.004 : 0,
        metric,
        value: trial.value - samples / evaluationSamples,
        samples_differing: metric === 'top1' ? samples : null,
      },
    },
    ...operators.map((row, position) => ({ table: 'deployed_operator', row: { trial_id: id, position, ...row } })),
  ];
}

function latency(id: number, own: number, batch: number, trial: SampleTrial, base: number): Insert[] {
  const middle =
    trial.target === 'layers-only'
      ? 1.1 + 0.01 * (trial.offset % 3)
      : trial.role === 'unsmoothed'
        ? 1.005
        : 0.55 + 0.05 * (trial.offset % 2) + 0.02 * Math.log2(batch);
  const half = 0.012;
  const verdict = middle + half < 1 ? 'faster' : middle - half > 1 ? 'slower' : 'same';
  const fp32 = 2 * batch;
  const time = (model: string, position: number, op: string, kind: string, share: number): Insert => ({
    table: 'operator_time',
    row: { latency_id: own, model, position, node: `${op}_${position}`, op, kind, duration_us: 1000 * fp32 * share },
  });
  return [
    {
      table: 'latency',
      row: {
        id: own,
        trial_id: id,
        fp32_trial_id: base,
        device: 'cpu',
        batch_size: batch,
        threads: 1,
        rounds: 40,
        fp32_ms: fp32,
        quantized_ms: fp32 * middle,
        ratio: middle,
        ratio_low: middle - half,
        ratio_high: middle + half,
        spread: 2 * half,
        verdict,
        host: 'bench-1',
        cpu_model: 'AMD EPYC 7763',
        cpu_flags: 'avx2 avx512_vnni',
        onnxruntime_version: '1.30.0',
        quantsweep_version: '0.1.0',
        measured_at: '2026-11-23T09:30:00.000Z',
      },
    },
    time('fp32', 0, 'Conv', 'float', 0.8),
    time('fp32', 1, 'Relu', 'float', 0.2),
    time('quantized', 0, 'QLinearConv', 'integer', verdict === 'faster' ? 0.4 : 0.3),
    time('quantized', 1, 'QuantizeLinear', 'conversion', verdict === 'faster' ? 0.05 : 0.3),
    ...(verdict === 'faster' ? [] : [time('quantized', 2, 'Conv', 'float', middle - 0.6)]),
  ];
}
