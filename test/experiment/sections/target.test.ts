import { describe, expect, it } from 'vitest';
import { canonicalSettings } from '../../../src/experiment/sections/canonical-settings.js';
import type { Settings } from '../../../src/experiment/sections/settings.js';
import { loadText } from '../load-text.js';

const experiment = (...lines: string[]): string =>
  [
    'version: 1',
    'name: t',
    'model: { path: net.onnx }',
    'data:',
    '  calibration: { format: npy, path: c.npy, batches: 4 }',
    '  evaluation: { format: npy, path: e.npy, labels: l.npy }',
    'task: classification',
    ...lines,
  ].join('\n');

const settingsOf = (...lines: string[]): Settings =>
  loadText(experiment(...lines)).trials.find(({ role }) => role === 'candidate')!.settings;

const grid = 'grid: [{ smoothing.alpha: [0.5] }]';

describe('target', () => {
  it('is absent where it is layers-only, so that keys stay what they were', () => {
    for (const settings of [settingsOf(grid), settingsOf('target: layers-only', grid)]) {
      expect(settings).not.toHaveProperty('target');
      expect(canonicalSettings('candidate', settings)).not.toHaveProperty('target');
    }
    expect(settingsOf('target: layers-only', grid)).toEqual(settingsOf(grid));
  });

  it('has defaults of its own where the file says nothing', () => {
    const { target, layers, quantization, smoothing } = settingsOf('target: onnxruntime-cpu', grid);
    expect(target).toBe('onnxruntime-cpu');
    expect(layers.ops).toEqual(['Conv', 'Gemm', 'MatMul']);
    expect(quantization.activation).toMatchObject({ scheme: 'asymmetric', calibrator: 'max', bits: 8 });
    expect(quantization.weight).toMatchObject({ scheme: 'signed', granularity: 'channel', narrowRange: false });
    expect(smoothing).toMatchObject({ mode: 'static', alpha: 0.5, apply: 'requantize' });
  });

  it('leaves what the file says', () => {
    const settings = settingsOf(
      'target: onnxruntime-cpu',
      'layers: { ops: [Conv] }',
      'quantization: { activation: { scheme: unsigned, calibrator: percentile }, weight: { granularity: tensor } }',
      'smoothing: { apply: fold }',
      grid,
    );
    expect(settings.layers.ops).toEqual(['Conv']);
    expect(settings.quantization.activation).toMatchObject({ scheme: 'unsigned', calibrator: 'percentile' });
    expect(settings.quantization.weight.granularity).toBe('tensor');
    expect(settings.smoothing.apply).toBe('fold');
  });

  it('is an axis, each value with its own defaults', () => {
    const { trials } = loadText(
      experiment('grid: [{ target: [layers-only, tensorrt, xnnpack], smoothing.alpha: [0.5] }]'),
    );
    const candidates = trials.filter(({ role }) => role === 'candidate');
    expect(candidates.map(({ axes }) => axes['target'])).toEqual(['layers-only', 'tensorrt', 'xnnpack']);
    expect(candidates.map(({ settings: { quantization } }) => quantization.activation.scheme)).toEqual([
      'signed',
      'signed',
      'asymmetric',
    ]);
    expect(candidates.map(({ settings: { quantization } }) => quantization.weight.narrowRange)).toEqual([
      false,
      false,
      true,
    ]);
    // FP32 is of no target, an unsmoothed trial is of one.
    expect(trials.map(({ role }) => role).filter((role) => role !== 'candidate')).toEqual([
      'fp32',
      'unsmoothed',
      'unsmoothed',
      'unsmoothed',
    ]);
  });

  it.each([
    [
      'a scheme',
      ['target: tensorrt', 'quantization: { activation: { scheme: asymmetric } }', grid],
      /quantization\.activation\.scheme: expected signed beside target tensorrt, got asymmetric/,
    ],
    [
      'bits',
      ['target: qnn', 'quantization: { weight: { bits: 4 } }', grid],
      /quantization\.weight\.bits: expected 8 beside target qnn, got 4/,
    ],
    [
      'bits of some layers',
      ['target: onnxruntime-cpu', 'layers: { rules: [{ match: first, weightBits: 16 }] }', grid],
      /layers\.rules\.0\.weightBits: expected 8 beside target onnxruntime-cpu, got 16/,
    ],
    [
      'integer execution of a target that is not here',
      ['target: openvino', 'quantization: { execution: integer }', grid],
      /quantization\.execution: expected simulated beside target openvino, got integer/,
    ],
    [
      'requantization without a target',
      ['smoothing: { apply: requantize }', grid],
      /smoothing\.apply: expected insert or fold beside target layers-only/,
    ],
    ['a target that does not exist', ['target: tensorflow', grid], /target: expected .*tensorrt.*, got "tensorflow"/],
  ])('refuses %s that it can’t run, with the place', (_, lines, message) => {
    expect(() => loadText(experiment(...lines))).toThrow(message);
    expect(() => loadText(experiment(...lines))).toThrow(/\d+:\d+/);
  });
});
