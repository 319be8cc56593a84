import type { Database } from 'better-sqlite3';
import type { Sample } from './sample-database.js';
import { sampleComparisons } from './sample-comparisons.js';
import { sampleActivation, sampleChannels, sampleFactors, sampleHistograms, sampleWeight } from './sample-channels.js';
import { sampleDeployment } from './sample-deployment.js';
import type { SampleTrial } from './sample-trials.js';
import { sampleTrials } from './sample-trials.js';

/** Snapshots of the observe pass, in batches. */
const snapshots = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 1500];

/** Writes one synthetic sweep; the numbers are plausible, deterministic and not measured. */
export class SampleWriter {
  readonly #database: Database;
  readonly #sample: Sample;
  readonly #trials: readonly SampleTrial[];
  readonly #base: number;

  constructor(database: Database, sample: Sample, index: number) {
    this.#database = database;
    this.#sample = sample;
    this.#trials = sampleTrials(sample);
    this.#base = 1000 * (index + 1);
  }

  /** Writes all tables that reports read. */
  write(): void {
    this.#shared();
    this.#stages();
    for (const trial of this.#trials) this.#trial(trial);
    for (const trial of this.#trials) {
      if (trial.status === 'done') this.#accuracy(trial);
      if (trial.status === 'stopped') this.#stop(trial);
      if (trial.status === 'done' || trial.status === 'stopped') this.#layers(trial);
    }
    for (const { table, row } of sampleDeployment(this.#sample, this.#trials, this.#base)) this.#insert(table, row);
    if (!this.#sample.compared) return;
    for (const row of sampleComparisons(this.#sample, this.#trials, this.#base)) this.#insert('comparison', row);
  }

  #insert(table: string, row: Readonly<Record<string, unknown>>): void {
    const columns = Object.keys(row);
    this.#database
      .prepare(
        `INSERT INTO ${table} (${columns.map((column) => `"${column}"`).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      )
      .run(...columns.map((column) => row[column]));
  }

  #shared(): void {
    const { name, question, layers } = this.#sample;
    const id = this.#base;
    this.#insert('environment', {
      id,
      key: `environment-${id}`,
      quantsweep_version: '0.1.0',
      node_version: 'v20.20.2',
      onnxruntime_version: '1.30.0',
      os: 'linux',
      host: 'bench-1',
      cpu_model: 'AMD EPYC 7763',
      cpu_flags: 'avx2',
      cpu_cores: 2,
      memory_mb: 7900,
    });
    const model = name.includes('<') ? name : 'cifar10-mobilenetv2-skewed.onnx';
    this.#insert('model', {
      id,
      sha256: `sha-${id}`,
      name: model,
      path: `/models/${model}`,
      size_bytes: 1_100_000,
      opset: 17,
      parameters: 272_474,
    });
    layers.forEach((layer, position) => {
      this.#insert('layer', {
        id: id + position,
        model_id: id,
        position,
        name: layer,
        op: 'Conv',
        input_tensor: `in${position}`,
        output_tensor: `out${position}`,
        weight_shape: '[16,16,3,3]',
        groups: 1,
        input_channels: 16,
        output_channels: 16,
      });
      for (const [channel, absmax] of sampleWeight(position).entries())
        this.#insert('weight_stat', {
          layer_id: id + position,
          channel,
          weight_absmax: absmax,
          weight_absmax_view: absmax,
        });
    });
    this.#graph(id, layers);
    this.#insert('sweep', {
      id,
      name,
      key: `sweep-${id}`,
      question,
      experiment_path: `/home/me/experiments/${name}.yaml`,
      experiment_yaml: `name: ${name}\ngrid:\n  - smoothing.alpha: { from: 0.05, to: 0.95, step: 0.05 }\n`,
      axes: '["smoothing.alpha","data.calibration.batches"]',
      created_at: '2026-11-23T08:00:00.000Z',
      updated_at: `2026-11-23T09:${String(id / 1000).padStart(2, '0')}:00.000Z`,
      last_run: id / 1000,
      goal: this.#sample.goal === null ? null : JSON.stringify(this.#sample.goal),
    });
  }

  /** Residual blocks of two layers: input, (layer, Relu, layer, Add, Relu) ..., output. */
  #graph(id: number, layers: readonly string[]): void {
    let position = 0;
    const node = (name: string, op: string, reads: readonly number[], layer: number | null = null): number => {
      this.#insert('graph_node', {
        model_id: id,
        position,
        name,
        op,
        layer_id: layer === null ? null : id + layer,
        shape: op === 'Input' ? '["N",16,32,32]' : null,
      });
      for (const from of reads)
        this.#insert('graph_edge', { model_id: id, from_node: from, to_node: position, tensor: `tensor${from}` });
      return position++;
    };
    let last = node('image', 'Input', []);
    let block = last;
    layers.forEach((layer, index) => {
      last = node(layer, 'Conv', [last], index);
      if (index % 2 === 0) last = node(`relu${index}`, 'Relu', [last]);
      else block = last = node(`out${index}`, 'Relu', [node(`add${index}`, 'Add', [last, block])]);
    });
    node('logits', 'Output', [last]);
  }

  #stages(): void {
    const { sizes, layers, alphas } = this.#sample;
    const stage = (offset: number, kind: string, ms: number): number => {
      const id = this.#base + offset;
      this.#insert('stage', {
        id,
        key: `stage-${id}`,
        kind,
        status: 'done',
        model_id: this.#base,
        settings: '{}',
        finished_at: '2026-11-23T08:05:00.000Z',
        duration_ms: ms,
      });
      this.#insert('sweep_stage', { sweep_id: this.#base, stage_id: id });
      this.#attempt({ stage_id: id, status: 'done', number: 1, duration_ms: ms });
      return id;
    };
    const observe = stage(0, 'observe', 41_300);
    stage(1, 'reference', 21_900);
    const largest = Math.max(...sizes);
    snapshots
      .filter((batches) => batches <= largest)
      .forEach((batches, index) => {
        const id = this.#base + index;
        this.#insert('observation', { id, stage_id: observe, batches, samples: 4 * batches, result: Buffer.alloc(0) });
        layers.forEach((_, position) => {
          const seen = 1 - 0.35 * Math.exp(-Math.log1p(batches) * (0.4 + 0.05 * position)) + 0.02 * Math.log10(batches);
          this.#insert('amax_snapshot', {
            observation_id: id,
            layer_id: this.#base + position,
            amax: (6 + position) * seen,
          });
        });
        if (sizes.includes(batches)) this.#channels(id, sizes.indexOf(batches));
      });
    layers.forEach((_, position) => {
      this.#displayHistogram(observe, position);
    });
    if (!this.#sample.dynamic) return;
    sizes.forEach((_, index) => {
      const id = stage(10 + index, 'search', 33_000 + 400 * index);
      layers.forEach((__, position) => {
        const chosen = this.#chosenAlpha(position, index);
        for (const alpha of alphas) {
          const loss = 0.005 * (1 + position / 6) * (1 + (1.5 + (position % 3)) * (alpha - chosen) ** 2);
          this.#insert('search_curve', {
            stage_id: id,
            layer_id: this.#base + position,
            alpha,
            loss,
            rel_l1: loss * 2,
            chosen: alpha === chosen ? 1 : 0,
          });
        }
      });
    });
  }

  /**
   * The statistics of a calibration size: each layer has one outlier channel and one that is dead.
   */
  #channels(observation: number, sizeIndex: number): void {
    this.#sample.layers.forEach((_, position) => {
      for (const [channel, absmax] of sampleActivation(position, sizeIndex).entries())
        this.#insert('channel_stat', {
          observation_id: observation,
          layer_id: this.#base + position,
          channel,
          act_min: -absmax / 2,
          act_max: absmax,
          act_absmax: absmax,
        });
    });
  }

  #displayHistogram(stage: number, position: number): void {
    const { bins, total } = sampleHistograms(sampleActivation(position, 0));
    this.#insert('display_histogram', {
      stage_id: stage,
      layer_id: this.#base + position,
      samples: 16,
      channels: sampleChannels,
      total,
      bins,
    });
  }

  #chosenAlpha(position: number, sizeIndex: number): number {
    const { alphas } = this.#sample;
    return alphas[(position * 5 + (position % 3 === 0 ? sizeIndex : 0) + 7) % alphas.length] ?? 0.5;
  }

  /** The observation of the first so many batches; null where a trial has none. */
  #observationOf(size: number | null): number | null {
    const index = snapshots.indexOf(size ?? 0);
    return index === -1 ? null : this.#base + index;
  }

  #attempt(values: Readonly<Record<string, unknown>>): void {
    this.#insert('attempt', {
      started_at: '2026-11-23T08:00:01.000Z',
      ended_at: '2026-11-23T08:00:09.000Z',
      host: 'bench-1',
      parent_pid: 4242,
      device: 'cpu:0',
      provider: 'CPUExecutionProvider',
      environment_id: this.#base,
      timings: '{"create":40,"run":8000}',
      ...values,
    });
  }

  #trial(trial: SampleTrial): void {
    const { metric, evaluationSamples } = this.#sample;
    const done = trial.status === 'done' || trial.status === 'stopped';
    const failure = {
      error_class: 'NonFiniteError',
      error: `Expected finite numbers, got NaN in the output of ${this.#sample.layers[2] ?? ''}`,
    };
    const keyOf = (offset: number | null): string | null =>
      offset === null ? null : `${(this.#base + offset).toString(16)}-key-0123456789abcdef`;
    const id = this.#base + trial.offset;
    this.#insert('trial', {
      id,
      key: keyOf(trial.offset),
      role: trial.role,
      status: trial.status,
      model_id: done ? this.#base : null,
      observation_id: done ? this.#observationOf(trial.size) : null,
      search_stage_id:
        trial.mode === 'dynamic' && done ? this.#base + 10 + this.#sample.sizes.indexOf(trial.size ?? 0) : null,
      fp32_key: keyOf(trial.fp32) ?? 'no-such-key',
      unsmoothed_key: keyOf(trial.unsmoothed),
      settings: JSON.stringify(trial.settings),
      alpha_mode: trial.mode,
      alpha: trial.alpha,
      absmax: trial.absmax,
      smoothing_apply: trial.absmax === null ? null : 'insert',
      search_order: trial.mode === 'dynamic' ? 'isolated' : null,
      search_objective: trial.mode === 'dynamic' ? 'l1' : null,
      bias_correction: trial.role === 'fp32' ? null : 'none',
      execution: trial.role === 'fp32' ? null : 'simulated',
      keep_float: trial.role === 'fp32' ? null : 0,
      calibration_batches: trial.size,
      calibration_batch_size: trial.size === null ? null : 4,
      calibration_samples: trial.size === null ? null : 4 * trial.size,
      activation_bits: trial.role === 'fp32' ? null : 8,
      weight_bits: trial.weightBits,
      weight_granularity: trial.role === 'fp32' ? null : 'tensor',
      target: trial.target,
      export_bytes: done && trial.target !== null ? 310_000 + 10 * trial.offset : null,
      evaluation_samples: done ? evaluationSamples : null,
      loss_samples: done ? 512 : null,
      primary_metric: done ? metric : null,
      gate_error: done && trial.role !== 'fp32' ? 2.1e-6 : null,
      provider: done ? 'CPUExecutionProvider' : null,
      optimization_level: done ? 'all' : null,
      finished_at: done ? '2026-11-23T08:20:00.000Z' : null,
      duration_ms: done ? 38_000 + 97 * trial.offset : null,
      ...(trial.status === 'failed' ? failure : {}),
    });
    this.#insert('sweep_trial', {
      sweep_id: this.#base,
      trial_id: id,
      position: trial.offset,
      label: trial.label,
      axes: JSON.stringify(trial.axes),
    });
    if (trial.status !== 'pending')
      this.#attempt({
        trial_id: id,
        status: done ? 'done' : 'failed',
        number: 1,
        duration_ms: 38_000,
        ...(done ? {} : failure),
      });
  }

  #accuracy(trial: SampleTrial): void {
    const { metric, evaluationSamples } = this.#sample;
    const id = this.#base + trial.offset;
    const half = 1.96 * Math.sqrt((trial.value * (1 - trial.value)) / evaluationSamples);
    const method = metric === 'top1' ? 'wilson' : 'bootstrap';
    this.#insert('accuracy', {
      trial_id: id,
      metric,
      value: trial.value,
      ci_low: trial.value - half,
      ci_high: trial.value + half,
      ci_method: method,
    });
    if (metric === 'top1')
      this.#insert('accuracy', {
        trial_id: id,
        metric: 'agreement',
        value: trial.role === 'fp32' ? 1 : trial.value + 0.05,
      });
  }

  #stop(trial: SampleTrial): void {
    const { metric, evaluationSamples: samples } = this.#sample;
    const other = this.#trials.find(({ role, status }) => role === 'candidate' && status === 'done')!;
    const seen = Math.round(samples * (0.05 + (trial.offset % 4) / 20));
    const right = Math.round(seen * trial.value * 0.95);
    this.#insert('early_stop', {
      trial_id: this.#base + trial.offset,
      against_trial_id: this.#base + other.offset,
      metric,
      reason: trial.offset % 4 === 3 ? 'certain' : 'test',
      confidence: 0.999,
      order_seed: 7,
      samples,
      evaluated_samples: seen,
      correct: right,
      against_correct: right + 40,
      only_trial: 8,
      only_against: 48,
      p_value: 2.3e-8,
      threshold: 0.001 / 15,
    });
  }

  #layers(trial: SampleTrial): void {
    const { layers } = this.#sample;
    const id = this.#base + trial.offset;
    if (trial.role === 'fp32') return;
    layers.forEach((_, position) => {
      const sizeIndex = this.#sample.sizes.indexOf(trial.size ?? 0);
      const alpha = trial.mode === 'dynamic' ? this.#chosenAlpha(position, sizeIndex) : trial.alpha;
      const bend = alpha === null ? 3 : 1 + 6 * (alpha - 0.3 - 0.03 * position) ** 2;
      const view = trial.absmax === 'view' ? 1.15 + 0.1 * (position % 4) : 1;
      const l1 = 0.004 * (1 + position) * bend * view * (1 + 0.02 * sizeIndex);
      const layer = { trial_id: id, layer_id: this.#base + position };
      for (const [mode, share] of [
        ['accumulated', 1],
        ['isolated', 0.3],
      ] as const) {
        this.#insert('layer_loss', {
          ...layer,
          mode,
          l1: share * l1,
          rel_l1: 1.7 * share * l1,
          mse: (share * l1) ** 2,
          sqnr_db: 40 - 20 * Math.log10((share * l1) / 0.004),
          cosine: 1 - (share * l1) ** 2,
          max_abs: 20 * share * l1,
        });
      }
      const s = sampleFactors(sampleActivation(position, Math.max(0, sizeIndex)), sampleWeight(position), alpha);
      this.#insert('smoothing', {
        ...layer,
        alpha,
        apply: alpha === null ? 'none' : 'insert',
        s_min: Math.min(...s),
        s_max: Math.max(...s),
        s_geomean: 1.2,
        dead_channels: alpha === null ? 0 : 1,
        s: JSON.stringify(s),
      });
      const before = (6 + position) * (1 + 0.01 * sizeIndex);
      const after = alpha === null ? before : before ** (1 - alpha) * 0.8 * view;
      this.#insert('quantizer', {
        ...layer,
        role: 'input',
        granularity: 'tensor',
        bits: 8,
        signed: 1,
        amax: after,
        amax_unsmoothed: before,
        scale: after / 127,
        zero_point: 0,
      });
      const weight = 0.4 + 0.03 * position;
      const grown = alpha === null ? weight : weight * (1 + 4 * alpha);
      this.#insert('quantizer', {
        ...layer,
        role: 'weight',
        granularity: 'tensor',
        bits: trial.weightBits,
        signed: 1,
        amax: grown,
        amax_unsmoothed: weight,
        scale: grown / 127,
        zero_point: 0,
      });
    });
  }
}
