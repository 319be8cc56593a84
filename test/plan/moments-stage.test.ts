import { describe, expect, it } from 'vitest';
import { describeStage } from '../../src/api/describe-stage.js';
import { estimateCost } from '../../src/plan/estimate/estimate-cost.js';
import type { KeepStage, MomentsStage, RankStage, SearchStage, SweepPlan } from '../../src/plan/plan.js';
import { shardPlan } from '../../src/plan/shard-plan.js';
import { stagesOfTrial } from '../../src/plan/stages-of-trial.js';
import { planWithBase } from './plan-text.js';

const grid = (lines: string): SweepPlan => planWithBase(`grid:\n${lines}`);
const momentsOf = (plan: SweepPlan): readonly MomentsStage[] =>
  plan.stages.filter((stage): stage is MomentsStage => stage.kind === 'moments');

const gptq = grid('  - smoothing.alpha: 0.5\n    quantization.weight.rounding: gptq\n');

describe('the stage of second moments', () => {
  it('is none where weights are rounded to the nearest', () => {
    const plan = grid('  - smoothing.alpha: 0.5\n');
    expect(momentsOf(plan)).toEqual([]);
    expect(plan.trials.map(({ momentsKey }) => momentsKey)).toEqual(plan.trials.map(() => null));
  });

  it('is one for all trials of one source, whatever their bits, alphas, rounding and calibration', () => {
    const plan = grid(`  - smoothing.alpha: [0.25, 0.5]
    quantization.weight.bits: [2, 4]
    quantization.weight.rounding: [gptq, gptq-descent]
    data.calibration.batches: [100, 200]
    data.calibration.batchSize: 10
  - smoothing.alpha: 0.5
`);
    expect(momentsOf(plan)).toHaveLength(1);
    const [stage] = momentsOf(plan);
    expect(stage!.samples).toEqual([256]);
    expect(stage!.calibration).not.toHaveProperty('batches');
    for (const trial of plan.trials) {
      const reads = (trial.settings.quantization?.weight.rounding ?? 'nearest') !== 'nearest';
      expect(trial.momentsKey).toBe(reads ? stage!.key : null);
      expect(stagesOfTrial(trial).includes(stage!.key)).toBe(reads);
    }
  });

  it('keeps every number of samples that a trial asks for, no more than it calibrates on', () => {
    const plan = grid(`  - smoothing.alpha: 0.5
    quantization.weight.rounding: gptq
    quantization.rounding.samples: [64, 500, 100]
    data.calibration.batchSize: 2
    data.calibration.batches: [40, 300]
`);
    // 40 batches of 2 are 80 samples.
    expect(momentsOf(plan).map(({ samples }) => samples)).toEqual([[64, 80, 100, 500]]);
    expect(describeStage(momentsOf(plan)[0]!)).toBe(
      'second moments of the inputs of Conv over 500 calibration samples, kept at 64, 80, 100, 500',
    );
  });

  it('is of every operator that a trial quantizes', () => {
    const plan = grid(`  - smoothing.alpha: 0.5
    quantization.weight.rounding: gptq
    layers.ops: [[MatMul, Gemm], [Conv]]
  - smoothing.alpha: 0.5
    layers.ops: [[ConvTranspose]]
`);
    expect(momentsOf(plan).map(({ ops }) => ops)).toEqual([['Conv', 'Gemm', 'MatMul']]);
  });

  it('is another one for other samples, another order or other sizes', () => {
    const other = (lines: string): string =>
      momentsOf(grid(`  - smoothing.alpha: 0.5\n    quantization.weight.rounding: gptq\n${lines}`))[0]!.key;
    const { key } = momentsOf(gptq)[0]!;
    expect(other('    data.calibration.batches: 500\n')).toBe(key);
    expect(other('    data.calibration.sampleSeed: 1\n')).not.toBe(key);
    expect(other('    quantization.rounding.samples: 128\n')).not.toBe(key);
    expect(other('    data.preprocess.divideBy: 128\n')).not.toBe(key);
    expect(other('    layers.ops: [[Conv, Gemm]]\n')).not.toBe(key);
  });

  it('costs about six passes of the largest number of samples', () => {
    const { work } = estimateCost(gptq, {
      finished: new Set(),
      sampleCount: () => 1000,
      layerCount: () => 3,
      typicalDurationsMs: new Map(),
      slots: 1,
    });
    expect(work.find(({ kind }) => kind === 'moments')!.forwardPasses).toBe(6 * 256);
  });

  it('goes with the trials of a shard that read it', () => {
    const plan = grid(`  - smoothing.alpha: [0.2, 0.4, 0.6, 0.8]
    quantization.weight.rounding: gptq
`);
    const [stage] = momentsOf(plan);
    const context = { sampleCount: () => 10_000, layerCount: () => 3 };
    for (const index of [1, 2]) {
      const shard = shardPlan(plan, { index, of: 2 }, context);
      expect(shard.plan.stages.map(({ kind }) => kind)).toContain('moments');
      expect(shard.shardsOf.get(stage!.key)).toBe(2);
    }
  });
});

describe('what comes before rounding', () => {
  const both = (lines: string): SweepPlan => grid(`${lines}    quantization.weight.rounding: [nearest, gptq]\n`);

  it('is searched once for every rounding', () => {
    const plan = both('  - smoothing.mode: dynamic\n');
    const searches = plan.stages.filter((stage): stage is SearchStage => stage.kind === 'search');
    expect(searches).toHaveLength(1);
    expect(searches[0]!.quantization.weight).not.toHaveProperty('rounding');
    expect(searches[0]!.quantization).not.toHaveProperty('rounding');
    expect(searches[0]).not.toHaveProperty('momentsKey');
  });

  it('is ranked once for every rounding', () => {
    const plan = both('  - smoothing.alpha: 0.5\n    layers.keepFloat: 2\n');
    const alphas = plan.stages
      .filter((stage): stage is RankStage => stage.kind === 'rank')
      .map((s) => s.smoothing.alpha);
    expect(new Set(alphas).size).toBe(alphas.length);
  });

  it('is not what decides how few layers stay in float: those evaluations round as the trial does', () => {
    const plan = both('  - smoothing.alpha: 0.5\n    layers.keepFloat: auto\n');
    const keeps = plan.stages.filter((stage): stage is KeepStage => stage.kind === 'keep');
    const [stage] = momentsOf(plan);
    for (const keep of keeps) {
      const reads = keep.settings.quantization!.weight.rounding === 'gptq';
      expect('momentsKey' in keep && keep.momentsKey === stage!.key).toBe(reads);
    }
    expect(new Set(keeps.map(({ settings }) => settings.quantization!.weight.rounding))).toEqual(
      new Set(['gptq', undefined]),
    );
  });
});
