import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planWithBase } from './plan-text.js';

function labels(lines: string): readonly string[] {
  return planWithBase(lines).trials.map(({ label }) => label);
}

describe('labels', () => {
  it('name the method and what varies', () => {
    expect(labels('grid:\n  - smoothing.alpha: [0.15, 0.5]\n  - smoothing.mode: dynamic\n')).toEqual([
      'fp32',
      'unsmoothed',
      'static alpha=0.15',
      'static alpha=0.5',
      'dynamic',
    ]);
  });

  it('tell whether a candidate may be stopped early where that varies', () => {
    expect(labels('grid: { smoothing.alpha: 0.5, data.evaluation.stop.confidence: [null, 0.999] }\n')).toEqual([
      'fp32',
      'unsmoothed',
      'static alpha=0.5, evaluation.stop.confidence=null',
      'static alpha=0.5, evaluation.stop.confidence=0.999',
    ]);
  });

  it('name the calibration size where it varies', () => {
    expect(labels('grid: { smoothing.alpha: 0.5, data.calibration.batches: [1, 200] }\n')).toEqual([
      'fp32',
      'unsmoothed, 1 batch',
      'unsmoothed, 200 batches',
      'static alpha=0.5, 1 batch',
      'static alpha=0.5, 200 batches',
    ]);
  });

  it('leave out settings that can not matter to a trial', () => {
    const text = `baselines: []
grid:
  smoothing.alpha: 0.5
  quantization.activation.calibrator: [max, percentile]
  quantization.activation.percentile: [99, 99.9]
  quantization.weight.scheme: [signed, asymmetric]
  quantization.weight.narrowRange: [false, true]
`;
    const all = labels(text);
    expect(all.filter((label) => label.includes('calibrator=max'))).toEqual([
      'static alpha=0.5, activation.calibrator=max, weight.scheme=signed, weight.narrowRange=false',
      'static alpha=0.5, activation.calibrator=max, weight.scheme=signed, weight.narrowRange=true',
      'static alpha=0.5, activation.calibrator=max, weight.scheme=asymmetric',
    ]);
    expect(all).toHaveLength(9);
    expect(new Set(all).size).toBe(9);
  });

  it('append other axes by short names, to the trials that depend on them', () => {
    expect(
      labels(
        'grid: { smoothing.alpha: 0.5, smoothing.absmax: [channel, view], quantization.weight.granularity: [channel, tensor] }\n',
      ),
    ).toEqual([
      'fp32',
      'unsmoothed, weight.granularity=channel',
      'unsmoothed, weight.granularity=tensor',
      'static alpha=0.5, absmax=channel, weight.granularity=channel',
      'static alpha=0.5, absmax=channel, weight.granularity=tensor',
      'static alpha=0.5, absmax=view, weight.granularity=channel',
      'static alpha=0.5, absmax=view, weight.granularity=tensor',
    ]);
  });

  it('tell a varied setting from the default that another block leaves it at', () => {
    expect(
      labels(
        'baselines: []\ngrid:\n  - { smoothing.alpha: 0.5, quantization.weight.bits: 4 }\n  - smoothing.alpha: 0.5\n',
      ),
    ).toEqual(['static alpha=0.5, weight.bits=4', 'static alpha=0.5, weight.bits=8']);
  });

  it('name files by their base names, unless those are the same', () => {
    const grid = (a: string, b: string): string =>
      `baselines: []\ngrid: { data.evaluation.path: [${a}, ${b}], smoothing.alpha: 0.5 }\n`;
    expect(labels(grid('x/a.bin', 'x/b.bin'))).toEqual([
      'static alpha=0.5, evaluation.path=a.bin',
      'static alpha=0.5, evaluation.path=b.bin',
    ]);
    expect(
      planWithBase(grid('x/a.bin', 'y/a.bin'), { dataSha256: (source) => JSON.stringify(source) }).trials.map(
        ({ label }) => label,
      ),
    ).toEqual(['static alpha=0.5, evaluation.path="/exp/x/a.bin"', 'static alpha=0.5, evaluation.path="/exp/y/a.bin"']);
  });

  it('name long lists by their ends', () => {
    expect(
      labels(
        'baselines: []\ngrid: { smoothing.mode: dynamic, search.candidates: [[0.5], { from: 0.1, to: 0.9, step: 0.1 }] }\n',
      ),
    ).toEqual(['dynamic, search.candidates=[0.5]', 'dynamic, search.candidates=[0.1 .. 0.9]']);
  });

  it('name rules for layers by what they give', () => {
    const rules = `[[], [{ match: first, precision: float }], [{ match: 'head/*', activationBits: 4, weightBits: 16 }, { match: last }]]`;
    expect(labels(`baselines: []\ngrid: { smoothing.alpha: 0.5, layers.rules: ${rules} }\n`)).toEqual([
      'static alpha=0.5, layers.rules=[]',
      'static alpha=0.5, layers.rules=[first:float]',
      'static alpha=0.5, layers.rules=[head/*:A4W16 last:quantized]',
    ]);
  });

  it('are distinct', () => {
    const subset = <Value>(values: readonly Value[]) => fc.subarray([...values], { minLength: 1 });
    const property = fc.property(
      subset([0.25, 0.5, 0.75]),
      subset(['static', 'dynamic', 'none']),
      subset([4, 8]),
      subset([1, 2, 300]),
      subset(['channel', 'view']),
      (alphas, modes, bits, batches, absmax) => {
        const all = labels(`grid:
  - smoothing.alpha: ${JSON.stringify(alphas)}
    quantization.activation.bits: ${JSON.stringify(bits)}
    smoothing.absmax: ${JSON.stringify(absmax)}
  - smoothing.mode: ${JSON.stringify(modes)}
    data.calibration.batches: ${JSON.stringify(batches)}
`);
        expect(new Set(all).size).toBe(all.length);
      },
    );
    fc.assert(property, { numRuns: 40 });
  });
});
