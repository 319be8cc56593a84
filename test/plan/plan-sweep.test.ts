import { describe, expect, it } from 'vitest';
import type { ObserveStage, PlannedStage, SearchStage } from '../../src/plan/plan.js';
import { mainGrid, planWithBase } from './plan-text.js';

function ofKind<Kind extends PlannedStage['kind']>(stages: readonly PlannedStage[], kind: Kind) {
  return stages.filter((stage): stage is Extract<PlannedStage, { kind: Kind }> => stage.kind === kind);
}

describe('the main experiment', () => {
  const plan = planWithBase(mainGrid);

  it('is 43 trials on one reference, one observation and two searches', () => {
    expect(plan.trials).toHaveLength(43);
    expect(plan.stages.map(({ kind }) => kind)).toEqual(['reference', 'observe', 'search', 'search']);
  });

  it('observes 1500 batches once and keeps round sizes on the way', () => {
    const [observe] = ofKind(plan.stages, 'observe') as [ObserveStage];
    expect(observe.calibration.batches).toBe(1500);
    expect(observe.required).toEqual([200, 1500]);
    expect(observe.snapshots).toEqual([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 1500]);
    expect(observe.methods).toEqual(['channel']);
    expect(observe.histograms).toBe(false);
  });

  it('searches once at each calibration size, on the shared observation', () => {
    const searches = ofKind(plan.stages, 'search') as readonly SearchStage[];
    const [observe] = ofKind(plan.stages, 'observe');
    expect(searches.map(({ calibration }) => calibration.batches)).toEqual([200, 1500]);
    expect(new Set(searches.map(({ observeKey }) => observeKey))).toEqual(new Set([observe!.key]));
  });

  it('points trials at the stages that they need', () => {
    const byLabel = new Map(plan.trials.map((trial) => [trial.label, trial]));
    const observe = plan.stages[1]!.key;
    expect(byLabel.get('fp32')).toMatchObject({ observeKey: null, searchKey: null, referenceKey: plan.stages[0]!.key });
    expect(byLabel.get('unsmoothed, 1500 batches')).toMatchObject({ observeKey: observe, searchKey: null });
    expect(byLabel.get('dynamic, 200 batches')).toMatchObject({ observeKey: observe, searchKey: plan.stages[2]!.key });
    expect(byLabel.get('dynamic, 1500 batches')).toMatchObject({ searchKey: plan.stages[3]!.key });
  });

  it('points trials at their counterparts', () => {
    const byLabel = new Map(plan.trials.map((trial) => [trial.label, trial]));
    const fp32 = byLabel.get('fp32')!;
    expect(fp32).toMatchObject({ fp32Key: fp32.key, unsmoothedKey: null, axes: {} });
    for (const batches of [200, 1500]) {
      const unsmoothed = byLabel.get(`unsmoothed, ${batches} batches`)!;
      expect(unsmoothed).toMatchObject({ fp32Key: fp32.key, unsmoothedKey: unsmoothed.key });
      for (const method of ['static alpha=0.15', 'dynamic'])
        expect(byLabel.get(`${method}, ${batches} batches`)).toMatchObject({
          fp32Key: fp32.key,
          unsmoothedKey: unsmoothed.key,
        });
    }
  });

  it('is the same plan each time', () => {
    expect(planWithBase(mainGrid)).toEqual(plan);
  });
});

describe('counterparts', () => {
  it('have keys also where the baselines are not part of the sweep', () => {
    const withBaselines = planWithBase('grid: { smoothing.alpha: 0.5 }\n');
    const without = planWithBase('baselines: []\ngrid: { smoothing.alpha: 0.5 }\n');
    expect(without.trials).toHaveLength(1);
    expect(without.trials[0]).toMatchObject({
      fp32Key: withBaselines.trials[0]!.key,
      unsmoothedKey: withBaselines.trials[1]!.key,
    });
  });

  it('of integer execution are the simulated trials of otherwise equal settings, which share the searches', () => {
    const { trials, stages } = planWithBase(
      'grid: { quantization.execution: [simulated, integer], smoothing.mode: dynamic }\n',
    );
    const of = (role: string, execution: string) =>
      trials.find((t) => t.settings.role === role && t.settings.quantization?.execution === execution)!;
    for (const role of ['unsmoothed', 'candidate']) {
      expect(of(role, 'integer').simulatedKey).toBe(of(role, 'simulated').key);
      expect(of(role, 'simulated').simulatedKey).toBeNull();
    }
    expect(stages.filter((stage) => stage.kind === 'search')).toHaveLength(1);
  });
});

describe('stages', () => {
  it('are not merged across models, calibration data, batch size or preprocessing', () => {
    for (const axis of [
      'model.path: [m.onnx, n.onnx]',
      'data.calibration.path: [c.bin, d.bin]',
      'data.calibration.batchSize: [4, 8]',
      'data.preprocess.divideBy: [1, 255]',
    ]) {
      const plan = planWithBase(`grid: { smoothing.mode: dynamic, ${axis} }\n`);
      expect(ofKind(plan.stages, 'observe'), axis).toHaveLength(2);
      expect(ofKind(plan.stages, 'search'), axis).toHaveLength(2);
    }
  });

  it('are merged across quantizers and absmax methods, which one observation serves', () => {
    const plan = planWithBase(
      'grid: { smoothing.alpha: 0.5, smoothing.absmax: [channel, view], quantization.weight.bits: [4, 8] }\n',
    );
    const observes = ofKind(plan.stages, 'observe');
    expect(observes).toHaveLength(1);
    expect(observes[0]!.methods).toEqual(['channel', 'view']);
    expect(ofKind(plan.stages, 'reference')).toHaveLength(1);
  });

  it('gather histograms as soon as one trial of the pass has a calibrator other than max', () => {
    const plan = planWithBase(
      'grid: { smoothing.alpha: 0.5, quantization.activation.calibrator: [max, percentile, entropy, mse] }\n',
    );
    expect(ofKind(plan.stages, 'observe').map(({ histograms }) => histograms)).toEqual([true]);
  });

  it('observe again for histograms, and for histograms of another size, but not for statistics of one', () => {
    const keyOf = (calibrator: string, batches: string): string =>
      ofKind(
        planWithBase(
          `grid: { smoothing.alpha: 0.5, quantization.activation.calibrator: ${calibrator}, data.calibration.batches: ${batches} }\n`,
        ).stages,
        'observe',
      )[0]!.key;
    expect(keyOf('max', '[50, 100]')).toBe(keyOf('max', '100'));
    expect(keyOf('mse', '100')).not.toBe(keyOf('max', '100'));
    expect(keyOf('mse', '[50, 100]')).not.toBe(keyOf('mse', '100'));
    expect(keyOf('mse', '100')).toBe(keyOf('entropy', '100'));
  });

  it('search again for other quantizers, layers, absmax and search settings', () => {
    for (const axis of [
      'quantization.weight.bits: [4, 8]',
      'layers.exclude: [[], [conv1]]',
      'smoothing.absmax: [channel, view]',
      'search.samples: [8, 16]',
      'search.candidates: [[0.25], [0.5]]',
    ])
      expect(ofKind(planWithBase(`grid: { smoothing.mode: dynamic, ${axis} }\n`).stages, 'search'), axis).toHaveLength(
        2,
      );
  });

  it('search once for trials that differ in evaluation only', () => {
    const plan = planWithBase('grid: { smoothing.mode: dynamic, loss.samples: [8, 16] }\n');
    expect(ofKind(plan.stages, 'search')).toHaveLength(1);
  });
});

describe('trials with equal content', () => {
  it('are one trial, though their files have two names', () => {
    const plan = planWithBase('grid: { smoothing.alpha: 0.5, model.path: [x/m.onnx, y/m.onnx] }\n');
    expect(plan.trials.map(({ settings }) => settings.role)).toEqual(['fp32', 'unsmoothed', 'candidate']);
    expect(plan.trials.map(({ position }) => position)).toEqual([0, 1, 2]);
  });
});
