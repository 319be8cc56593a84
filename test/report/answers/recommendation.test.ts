import { describe, expect, it } from 'vitest';
import { recommend } from '../../../src/report/answers/recommendation.js';
import { sentenceText } from '../../../src/report/answers/sentence.js';
import type { SweepFacts, TrialFacts } from '../../../src/report/facts/sweep-facts.js';
import { nothingMeasured } from '../../../src/report/facts/measured-facts.js';
import type { FloatPart } from '../../../src/report/facts/trial-costs.js';
import { againstBest, handMadeFacts, handMadeTrial } from '../hand-made-facts.js';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const textOf = (facts: SweepFacts): string => plain(sentenceText(recommend(facts)!.text));

/** Trial `id`, of that alpha and calibration size. */
function of(id: number, alpha: number, batches: number, values: Partial<TrialFacts> = {}): TrialFacts {
  return handMadeTrial(id, {
    alpha,
    calibrationBatches: batches,
    label: `alpha ${alpha}, ${batches} batches`,
    axes: { 'smoothing.alpha': alpha, 'data.calibration.batches': batches },
    settings: { quantization: { weight: { bits: 8 }, activation: { bits: 8 } } },
    ...values,
  });
}

describe('the recommendation', () => {
  it('is the best where nothing is tied with it', () => {
    const facts = handMadeFacts([of(1, 0.5, 200), of(2, 0.6, 200, { value: 0.8 })], [againstBest(2, 1e-9)]);
    expect(textOf(facts)).toBe(
      'Recommended: alpha 0.5, 200 batches, the best: no other setting is tied with it. The best lies at the lowest alpha tried, 0.5: extend alpha below 0.5 (smoothing.alpha).',
    );
  });

  it('is the cheapest that keeps up with the best, and says by how much it may be worse', () => {
    const facts = handMadeFacts([of(1, 0.5, 200), of(2, 0.5, 10, { value: 0.89 })], [againstBest(2, 0.4)]);
    expect(recommend(facts)).toMatchObject({ among: 2, equallyCheap: 1, decidedBy: 'cost', edges: [] });
    // 10 and 20 of 1000: -10/1002 +- 1.96 sqrt((31/1002 - (10/1002)^2) / 1002).
    expect(textOf(facts)).toBe(
      'Recommended: alpha 0.5, 10 batches, 89.00 %, 1.00 points below the best, not significantly (p = 0.40, 95 % interval −2.09 to +0.09 points): the cheapest of the 2 that keep up with the best (10 instead of 200 calibration batches).',
    );
  });

  it('takes no setting that is tied only after the correction for the choice', () => {
    const trials = [of(1, 0.5, 200), of(2, 0.5, 10, { value: 0.88 }), of(3, 0.4, 200, { value: 0.5 })];
    // 0.03 x 3 settings: tied; by itself worse.
    const facts = handMadeFacts(trials, [againstBest(2, 0.03), againstBest(3, 1e-9)]);
    expect(recommend(facts)).toMatchObject({ trial: { trial: 1 }, among: 1 });
    expect(textOf(facts)).toContain(
      'the best: 1 other is tied with it only after the correction for the choice of the best.',
    );
  });

  describe('with layers that are faster in float', () => {
    const bits = { quantization: { weight: { bits: 8 }, activation: { bits: 8 } } };
    const inFloat = (layers: number, ratio: number | null, by = 0.02): FloatPart => ({
      layers,
      weightShare: layers / 10,
      faster:
        ratio === null
          ? null
          : { layers, weightShare: layers / 10, againstAll: { ratio, low: ratio - by, high: ratio + by } },
    });
    const factsOf = (...parts: readonly (FloatPart | null)[]): SweepFacts =>
      handMadeFacts(
        parts.map((_, at) => of(at + 1, 0.5, 200, { settings: bits, label: `set ${at + 1}` })),
        parts.slice(1).map((_, at) => againstBest(at + 2, 0.5)),
        {
          measured: {
            ...nothingMeasured,
            floatParts: new Map(parts.flatMap((part, at) => (part === null ? [] : [[at + 1, part] as const]))),
          },
        },
      );

    it('takes them before a setting that quantizes every layer', () => {
      const facts = factsOf(inFloat(0, null), inFloat(2, 0.9));
      expect(recommend(facts)).toMatchObject({ trial: { trial: 2 }, decidedBy: 'cost', equallyCheap: 1 });
      expect(textOf(facts)).toContain('(0.90 of the time with every layer quantized)');
    });

    it('takes the faster of two, and neither where their intervals overlap', () => {
      const facts = factsOf(inFloat(2, 0.9), inFloat(1, 0.8));
      expect(recommend(facts)).toMatchObject({ trial: { trial: 2 }, decidedBy: 'cost' });
      expect(textOf(facts)).toContain('(0.80 instead of 0.90 of the time with every layer quantized)');
      expect(recommend(factsOf(inFloat(2, 0.9), inFloat(1, 0.88)))).toMatchObject({ equallyCheap: 2 });
    });

    it('counts layers that are in float for accuracy as before', () => {
      const facts = factsOf(inFloat(3, null), inFloat(2, null), { ...inFloat(2, 0.9), layers: 5, weightShare: 0.5 });
      expect(recommend(facts)).toMatchObject({ trial: { trial: 2 }, decidedBy: 'cost' });
      expect(textOf(facts)).toContain('(2 instead of 3 layers in float)');
      const mixed = factsOf({ ...inFloat(2, 0.9), layers: 4, weightShare: 0.4 }, inFloat(1, null));
      expect(textOf(mixed)).toContain('(1 instead of 2 layers in float, but for those that are faster so)');
    });
  });

  it('prefers fewer bits to a smaller calibration, and no search to one', () => {
    const bits = (weight: number) => ({
      settings: { quantization: { weight: { bits: weight }, activation: { bits: 8 } } },
    });
    const trials = [
      of(1, 0.5, 200, bits(8)),
      of(2, 0.5, 10, bits(8)),
      of(3, 0.5, 200, bits(4)),
      of(4, 0.5, 200, { ...bits(4), alphaMode: 'dynamic' }),
    ];
    const facts = handMadeFacts(trials, [againstBest(2, 0.5), againstBest(3, 0.5), againstBest(4, 0.5)]);
    expect(recommend(facts)!.trial.trial).toBe(3);
    expect(textOf(facts)).toContain('(W4A8 instead of W8A8)');
  });

  it('counts layers in float against the bits that they save', () => {
    const trials = [of(1, 0.5, 200), of(2, 0.6, 200)];
    const floatParts = new Map([
      [1, { layers: 3, weightShare: 0.1, faster: null }],
      [2, { layers: 1, weightShare: 0.02, faster: null }],
    ]);
    const facts = handMadeFacts(trials, [againstBest(2, 0.5)]);
    const measured = { ...facts.measured, floatParts };
    expect(recommend({ ...facts, measured })!.trial.trial).toBe(2);
    expect(textOf({ ...facts, measured })).toContain('(1 instead of 3 layers in float)');
  });

  it('of equally cheap settings takes one whose neighbours are tied, then the lowest loss', () => {
    const trials = [
      of(1, 0.5, 200, { meanL1: 0.03 }),
      of(2, 0.4, 200, { meanL1: 0.02 }),
      of(3, 0.3, 200, { meanL1: 0.001 }),
      of(4, 0.2, 200, { value: 0.5 }),
      of(5, 0.6, 200, { meanL1: 0.05 }),
    ];
    const tests = [againstBest(2, 0.5), againstBest(3, 0.5), againstBest(4, 1e-9), againstBest(5, 0.5)];
    // 0.3 has the lowest loss, but stands beside 0.2, which is worse.
    expect(recommend(handMadeFacts(trials, tests))).toMatchObject({ trial: { trial: 2 }, decidedBy: 'loss' });
    // With 0.6 worse, too, 0.4 alone has two neighbours that are tied.
    const all = [of(1, 0.4, 200), of(2, 0.3, 200), of(3, 0.2, 200), of(4, 0.5, 200), of(5, 0.6, 200)];
    const worse = [againstBest(2, 0.5), againstBest(3, 1e-9), againstBest(4, 0.5), againstBest(5, 1e-9)];
    expect(recommend(handMadeFacts(all, worse))).toMatchObject({ trial: { trial: 1 }, decidedBy: 'neighbours' });
  });

  it('does not take the end of the grid for robust, nor a setting without neighbours', () => {
    // 0.8 has one neighbour, which is tied, because 0.9 was not tried; the next but one is worse.
    const trials = [of(1, 0.5, 200, { meanL1: 0.01 }), of(2, 0.8, 200, { meanL1: 0.02 }), of(3, 0.2, 200)];
    const tests = [againstBest(2, 0.5), againstBest(3, 1e-9)];
    expect(recommend(handMadeFacts(trials, tests))).toMatchObject({ trial: { trial: 1 }, decidedBy: 'loss' });
    const mode = (id: number, name: string, meanL1: number): TrialFacts =>
      of(id, 0, 200, { alpha: null, axes: { 'smoothing.mode': name }, meanL1 });
    const modes = [mode(1, 'cle', 0.02), mode(2, 'dynamic', 0.01)];
    expect(textOf(handMadeFacts(modes, [againstBest(2, 0.5)]))).toMatch(
      /all 2 that keep up cost the same; among equally cheap ones its mean layer L1 is the lowest\.$/,
    );
  });

  it('says of which settings the loss is the lowest', () => {
    const trials = [0.6, 0.5, 0.4, 0.3, 0.2].map((alpha, at) => of(at + 1, alpha, 200, { meanL1: alpha / 10 }));
    const tests = [2, 3, 4, 5].map((trial) => againstBest(trial, trial === 5 ? 1e-9 : 0.5));
    expect(recommend(handMadeFacts(trials, tests))!.trial.trial).toBe(3);
    expect(textOf(handMadeFacts(trials, tests))).toContain(
      'among equally cheap ones whose neighbours in the grid are tied too its mean layer L1 is the lowest',
    );
  });

  it('claims no tie, and no end of the grid, without a paired test', () => {
    const trials = [of(1, 0.95, 200), of(2, 0.9, 200, { value: 0.8 })];
    expect(textOf(handMadeFacts(trials))).toBe(
      'Recommended: alpha 0.95, 200 batches, the highest value: no paired test compares another setting with it.',
    );
    expect(textOf(handMadeFacts([of(1, 0.5, 200)]))).toBe(
      'Recommended: alpha 0.5, 200 batches, the only setting that has finished.',
    );
  });

  it('says how many settings of another model are left out', () => {
    const trials = [of(1, 0.5, 200), of(2, 0.6, 200, { value: 0.8 }), of(3, 0.5, 200, { model: 'other.onnx' })];
    const text = textOf(handMadeFacts(trials, [againstBest(2, 1e-9)]));
    expect(text).toContain('no other setting that can be compared is tied with it.');
    expect(text).toContain(' 1 setting of another model or evaluation is not compared.');
  });

  it('is none without a best setting', () => {
    expect(recommend(handMadeFacts([of(1, 0.5, 200, { status: 'pending', value: null, place: null })]))).toBeNull();
  });
});

describe('the edge of the grid', () => {
  const trials = [of(1, 0.95, 200), of(2, 0.9, 200, { value: 0.85 }), of(3, 0.5, 200, { value: 0.6 })];

  it('is told where the best lies at it and nothing further inside is tied', () => {
    const facts = handMadeFacts(trials, [againstBest(2, 1e-5), againstBest(3, 1e-9)]);
    expect(recommend(facts)!.edges).toEqual([
      { path: 'smoothing.alpha', end: 'highest', value: 0.95, advice: 'extend alpha beyond 0.95 (smoothing.alpha)' },
    ]);
  });

  it('is moot where a tied setting lies further inside', () => {
    expect(recommend(handMadeFacts(trials, [againstBest(2, 0.5), againstBest(3, 1e-9)]))!.edges).toEqual([]);
  });

  it('is no news at one calibration batch: there are no fewer', () => {
    const facts = handMadeFacts([of(1, 0.5, 1), of(2, 0.5, 8, { value: 0.8 })], [againstBest(2, 1e-9)]);
    expect(recommend(facts)!.edges).toEqual([]);
  });

  it('is no news at the end of what the setting can be, and for more bits', () => {
    const at = (alpha: number, bits: number): TrialFacts =>
      of(1, alpha, 200, { axes: { 'smoothing.alpha': alpha, 'quantization.weight.bits': bits } });
    const other = { ...at(0.5, 4), trial: 2, place: 2, value: 0.5 };
    expect(recommend(handMadeFacts([at(1, 8), other], [againstBest(2, 1e-9)]))!.edges).toEqual([]);
  });
});
