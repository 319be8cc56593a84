import { describe, expect, it } from 'vitest';
import { planWithBase, mainGrid } from './plan-text.js';
import { shardPlan, type ShardContext, type ShardPlan } from '../../src/plan/shard-plan.js';
import type { SweepPlan } from '../../src/plan/plan.js';

const sizes: ShardContext = { sampleCount: () => 10_000, layerCount: () => 20 };

function shards(plan: SweepPlan, of: number, context = sizes): readonly ShardPlan[] {
  return Array.from({ length: of }, (_, index) => shardPlan(plan, { index: index + 1, of }, context));
}

function labels({ plan }: ShardPlan): readonly string[] {
  return plan.trials.map(({ label }) => label);
}

/** How many shards run each stage of a kind. */
function runs(plan: SweepPlan, parts: readonly ShardPlan[], kind: string): readonly number[] {
  return plan.stages
    .filter((stage) => stage.kind === kind)
    .map(({ key }) => parts.filter((part) => part.plan.stages.some((stage) => stage.key === key)).length);
}

/** Trials of FP32 are in each shard that has their reference; every other one is in exactly one. */
function expectEachTrialOnce(plan: SweepPlan, parts: readonly ShardPlan[]): void {
  for (const { key, label, settings } of plan.trials) {
    const count = parts.filter((part) => part.plan.trials.some((trial) => trial.key === key)).length;
    expect(count, label).toBe(settings.role === 'fp32' ? parts.filter((p) => p.plan.trials.length > 0).length : 1);
  }
}

/** One trial without baselines, so that costs are easy to count. */
const bare = 'baselines: []\nloss: { samples: 1 }\ngate: { samples: 1 }\n';

describe('shards of the main experiment', () => {
  const plan = planWithBase(mainGrid);

  it.each([1, 2, 3, 4, 7, 16, 43])('have every trial once, and all that it needs, cut in %i', (of) => {
    const parts = shards(plan, of);
    expectEachTrialOnce(plan, parts);
    for (const part of parts) {
      const keys = new Set(part.plan.stages.map(({ key }) => key));
      for (const { referenceKey, observeKey, searchKey, rankKey } of part.plan.trials) {
        for (const key of [referenceKey, observeKey, searchKey, rankKey]) {
          if (key !== null) expect(keys).toContain(key);
        }
      }
      for (const stage of part.plan.stages) expect(plan.stages).toContain(stage);
    }
  });

  it.each([2, 3, 4, 7, 16])('are of about equal cost, cut in %i', (of) => {
    const parts = shards(plan, of);
    const passes = parts.map(({ forwardPasses }) => forwardPasses);
    const trial = 10_000 * 1.2 + 512 * 2 * 2.6 + 64 * 2;
    expect(Math.max(...passes) - Math.min(...passes)).toBeLessThanOrEqual(trial + 256 * 24.75);
    for (const { longest } of parts) expect(longest).toBe(Math.max(...passes));
  });

  it('run each search once', () => {
    for (const of of [2, 4, 8]) expect(runs(plan, shards(plan, of), 'search')).toEqual([1, 1]);
  });

  it('have the FP32 trial each, and keep the order of the plan', () => {
    for (const part of shards(plan, 4)) {
      expect(labels(part)[0]).toBe('fp32');
      const positions = part.plan.trials.map(({ position }) => position);
      expect(positions).toEqual([...positions].sort((a, b) => a - b));
    }
  });

  it('are the same each time, whatever is finished', () => {
    expect(shards(plan, 4)).toEqual(shards(planWithBase(mainGrid), 4));
  });

  it('are of the same trials under another provider, whose keys differ', () => {
    const cuda = planWithBase(mainGrid, { provider: 'cuda' });
    expect(shards(cuda, 4).map(labels)).toEqual(shards(plan, 4).map(labels));
  });

  it('are the whole plan where there is one', () => {
    const [whole] = shards(plan, 1);
    expect(whole!.plan).toEqual(plan);
  });

  it('tell which stages others run as well', () => {
    const parts = shards(plan, 4);
    const [reference, observe] = plan.stages;
    for (const part of parts) {
      expect(part.shardsOf.get(reference!.key)).toBe(4);
      expect(part.shardsOf.get(observe!.key)).toBe(4);
    }
  });
});

describe('trials that share an observe stage', () => {
  const grid = (seeds: number, alphas: string): string =>
    `${bare}grid: { data.calibration.sampleSeed: [${Array.from({ length: seeds }, (_, i) => i + 1).join(', ')}], smoothing.alpha: [${alphas}] }\n`;

  it('stay together where there are enough such stages', () => {
    const plan = planWithBase(grid(8, '0.2, 0.4, 0.6'));
    for (const of of [2, 4, 8]) expect(runs(plan, shards(plan, of), 'observe')).toEqual(Array(8).fill(1));
  });

  it('are parted where one such stage would make a shard much longer', () => {
    const plan = planWithBase(grid(3, '0.2, 0.4, 0.6, 0.8'));
    const parts = shards(plan, 2);
    expectEachTrialOnce(plan, parts);
    expect(runs(plan, parts, 'observe').filter((count) => count > 1)).toHaveLength(1);
  });

  it('stay together where observing costs more than parting them would save', () => {
    const plan = planWithBase(`${bare}grid: { smoothing.alpha: [0.2, 0.4] }\n`);
    // Observing is nearly all of the work: each shard would do it.
    const parts = shards(plan, 2, { ...sizes, sampleCount: () => 1 });
    expect(parts.map(({ plan: { trials } }) => trials.length)).toEqual([2, 0]);
  });
});

describe('trials that share a search or a ranking', () => {
  const searches = `${bare}grid: { data.calibration.batches: [100, 200], smoothing.mode: dynamic, quantization.biasCorrection.method: [none, empirical] }\n`;

  it('stay together where there are enough such stages', () => {
    const plan = planWithBase(searches);
    expect(plan.trials).toHaveLength(4);
    expect(runs(plan, shards(plan, 2), 'search')).toEqual([1, 1]);
  });

  it('are parted where there are fewer such stages than shards', () => {
    const plan = planWithBase(searches);
    const parts = shards(plan, 4);
    expectEachTrialOnce(plan, parts);
    expect(parts.map(({ plan: { trials } }) => trials.length)).toEqual([1, 1, 1, 1]);
    expect(runs(plan, parts, 'search')).toEqual([2, 2]);
  });

  it('stay together by their ranking', () => {
    const plan = planWithBase(
      `${bare}grid: { smoothing.alpha: 0.5, layers.keepFloat: [1, 2], data.calibration.batches: [100, 200] }\n`,
    );
    const parts = shards(plan, 2);
    expect(runs(plan, parts, 'rank')).toEqual([1, 1]);
  });
});

describe('shards without trials', () => {
  it('come last, and are there where there are more shards than trials', () => {
    const plan = planWithBase(`${bare}grid: { smoothing.alpha: [0.2, 0.4] }\n`);
    const parts = shards(plan, 5);
    expect(parts.map(({ plan: { trials } }) => trials.length)).toEqual([1, 1, 0, 0, 0]);
    expect(parts.map(({ shard }) => shard.filled)).toEqual([2, 2, 2, 2, 2]);
    expect(parts[4]!.plan.stages).toEqual([]);
  });

  it('are not there where FP32 alone is left to place', () => {
    const plan = planWithBase('baselines: [fp32]\ngrid: { model.path: [m.onnx, n.onnx], smoothing.alpha: 0.5 }\n');
    for (const part of shards(plan, 2)) {
      expect(part.plan.trials.map(({ settings }) => settings.role)).toEqual(['fp32', 'candidate']);
    }
  });
});

it('cuts thousands of trials among hundreds of machines', () => {
  const plan = planWithBase(
    `${bare}grid: { smoothing.alpha: { from: 0.005, to: 0.995, step: 0.005 }, data.calibration.sampleSeed: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }\n`,
  );
  const part = shardPlan(plan, { index: 1, of: 300 }, sizes);
  expect(plan.trials.length).toBeGreaterThan(1900);
  expect(part.shard.filled).toBeGreaterThan(290);
});
