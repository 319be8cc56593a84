import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createFidelity, finishFidelity } from '../../../src/tasks/fidelity/fidelity.js';
import { fidelityMetrics } from '../../../src/tasks/fidelity/fidelity-metrics.js';
import { locateFidelity, type FidelityTask } from '../../../src/tasks/fidelity/fidelity-settings.js';
import { mergeFidelityStates } from '../../../src/tasks/fidelity/fidelity-state.js';
import { inspectFidelity } from '../../../src/tasks/fidelity/inspect-fidelity.js';
import type { MetricContext, OutputTensor } from '../../../src/tasks/metric.js';

type Rows = readonly (readonly number[])[];

const TASK: FidelityTask = { bootstrap: 20 };

function contextOf(sampleCount: number): MetricContext {
  return { labels: null, groundTruth: null, referenceArgmax: null, sampleCount };
}

function tensor(name: string, rows: Rows, inner: readonly number[] = [rows[0]!.length]): OutputTensor {
  return { name, data: Float32Array.from(rows.flat()), dims: [rows.length, ...inner] };
}

/** Values by `metric` or `metric@slice`, all samples in one batch or one by one. */
function valuesOf(
  outputs: readonly OutputTensor[],
  reference: readonly OutputTensor[],
  task: FidelityTask = TASK,
): Readonly<Record<string, number>> {
  const count = outputs[0]!.dims[0]!;
  const metric = createFidelity(task, contextOf(count));
  metric.add({ first: 0, count, outputs, reference, origins: null });
  const { accuracies } = metric.finish().evaluation;
  return Object.fromEntries(
    accuracies.map((each) => [each.slice ? `${each.metric}@${each.slice}` : each.metric, each.value]),
  );
}

describe('values of one output', () => {
  const reference = [
    tensor('y', [
      [1, 2, 2],
      [0, 0, 0],
      [3, -4, 0.5],
    ]),
  ];
  const output = [
    tensor('y', [
      [1, 2, 1],
      [0, 1, 0],
      [3, -4, 0.5],
    ]),
  ];

  it('are of sums over all samples', () => {
    const values = valuesOf(output, reference);
    // r^2: 9 + 0 + 25.25; (y - r)^2: 1 + 1 + 0; |r|: 5 + 0 + 7.5; range: 3 to -4; nine numbers.
    expect(values.sqnr).toBeCloseTo(10 * Math.log10(34.25 / 2), 12);
    expect(values.psnr).toBeCloseTo(10 * Math.log10((9 * 49) / 2), 12);
    expect(values.relativeError).toBeCloseTo(Math.sqrt(2 / 34.25), 12);
    expect(values.relativeL1).toBeCloseTo(2 / 12.5, 12);
    expect(values.largestError).toBe(1);
    expect(values.equalValues).toBeCloseTo((2 / 3 + 2 / 3 + 1) / 3, 12);
    expect(values.identical).toBeCloseTo(1 / 3, 12);
    // Of 2 and 2 the first; of 0, 0, 0 the first, where y has the second.
    expect(values.argmaxAgreement).toBeCloseTo(2 / 3, 12);
    expect(values).not.toHaveProperty('topKAgreement');
    expect(Object.keys(values)[0]).toBe('cosine');
  });

  it('are at their limits where outputs are equal, and where FP32 has nothing but 0', () => {
    expect(valuesOf(reference, reference)).toMatchObject({ sqnr: 100, psnr: 100, relativeError: 0, largestError: 0 });
    const nothing = valuesOf(
      [tensor('y', [[1, 2]])],
      [tensor('y', [[0, 0.5]])].map((each) => ({ ...each, data: new Float32Array(2) })),
    );
    expect(nothing).not.toHaveProperty('sqnr');
  });

  it('rank trials by what the settings name', () => {
    const rank = (task: FidelityTask) => {
      const metric = createFidelity(task, contextOf(3));
      metric.add({ first: 0, count: 3, outputs: output, reference, origins: null });
      const { primaryMetric, accuracies, outcomes } = metric.finish().evaluation;
      return [primaryMetric, accuracies[0]!.metric, outcomes[0]!.metric, accuracies[0]!.value] as const;
    };
    expect(rank({ ...TASK, primary: 'sqnr' })).toEqual(['sqnr', 'sqnr', 'sqnr', 10 * Math.log10(34.25 / 2)]);
    const [name, , , value] = rank({ ...TASK, primary: 'relativeError' });
    expect(name).toBe('1-relativeError');
    expect(value).toBeCloseTo(1 - Math.sqrt(2 / 34.25), 12);
  });

  it('follow the class axis through maps, by a literal count', () => {
    const dims = [7, 2, 3];
    const size = 42;
    const numbers = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: size, maxLength: size });
    fc.assert(
      fc.property(
        numbers,
        numbers,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 4 }),
        (own, other, axis, topK) => {
          const y = tensor('y', [own.map((value) => value + 0.5)], dims);
          const r = tensor('y', [other.map((value) => value + 0.5)], dims);
          const values = valuesOf([y], [r], { ...TASK, argmaxAxis: axis, topK });
          const expected = literalAgreement(y.data, r.data, dims, axis - 1, topK);
          expect(values.argmaxAgreement).toBeCloseTo(expected.argmax, 12);
          if (dims[axis - 1]! > topK) expect(values.topKAgreement).toBeCloseTo(expected.topK, 12);
          else expect(values).not.toHaveProperty('topKAgreement');
        },
      ),
    );
  });
});

/** Sorts every line along the axis, equal values by index. */
function literalAgreement(y: Float32Array, r: Float32Array, dims: readonly number[], axis: number, k: number) {
  const lines = new Map<string, number[]>();
  for (let at = 0; at < y.length; at += 1) {
    const index = [Math.floor(at / (dims[1]! * dims[2]!)), Math.floor(at / dims[2]!) % dims[1]!, at % dims[2]!];
    const key = index.map((each, place) => (place === axis ? '*' : each)).join();
    lines.set(key, [...(lines.get(key) ?? []), at]);
  }
  let [argmax, topK] = [0, 0];
  for (const line of lines.values()) {
    const order = (values: Float32Array) =>
      line.map((_, place) => place).sort((a, b) => values[line[b]!]! - values[line[a]!]! || a - b);
    const [own, other] = [order(y), order(r)];
    if (own[0] === other[0]) argmax += 1;
    topK += other.slice(0, k).filter((place) => own.slice(0, k).includes(place)).length / k;
  }
  return { argmax: argmax / lines.size, topK: topK / lines.size };
}

describe('values of several outputs', () => {
  const anchors = tensor('anchors', [
    [5, 6.5],
    [5, 6.5],
  ]);
  const score = tensor('score', [[0.25], [0.5]]);
  const mask = tensor('mask', [
    [0, 1, 2],
    [2, 2, 1],
  ]);
  const one = tensor('one', [
    [1, 0.5],
    [0.5, 1],
  ]);
  const two = tensor('two', [
    [3, 0.5],
    [0.5, 3],
  ]);
  const reference = [anchors, score, mask, one, two];
  const output = [
    tensor('anchors', [
      [5, 6],
      [5, 6],
    ]),
    tensor('score', [[0.5], [0.5]]),
    tensor('mask', [
      [0, 1, 1],
      [2, 2, 1],
    ]),
    tensor('one', [
      [1, 0.25],
      [0.5, 1],
    ]),
    tensor('two', [
      [3, 0],
      [0, 3],
    ]),
  ];

  it('leave out what they can say nothing of, and rank by the worst', () => {
    const values = valuesOf(output, reference);
    const cosine = (a: readonly number[], b: readonly number[]) =>
      (a[0]! * b[0]! + a[1]! * b[1]!) / Math.sqrt((a[0]! ** 2 + a[1]! ** 2) * (b[0]! ** 2 + b[1]! ** 2));
    const ofOne = (cosine([1, 0.25], [1, 0.5]) + 1) / 2;
    const ofTwo = cosine([3, 0], [3, 0.5]);
    expect(values['cosine@one']).toBeCloseTo(ofOne, 12);
    expect(values['cosine@two']).toBeCloseTo(ofTwo, 12);
    expect(values.cosine).toBeCloseTo((ofOne + ofTwo) / 2, 12);
    expect(values.worstCosine).toBe(values['cosine@two']);
    expect(values['worstCosine@two']).toBe(values['cosine@two']);
    expect(Object.keys(values).filter((name) => name.startsWith('cosine@'))).toEqual(['cosine@one', 'cosine@two']);
    // A single number has an error, whole numbers only what is equal, anchors nothing.
    expect(values['relativeL1@score']).toBeCloseTo(0.25 / 0.75, 12);
    expect(values['equalValues@mask']).toBeCloseTo(5 / 6, 12);
    expect(values).not.toHaveProperty('relativeL1@mask');
    expect(Object.keys(values).filter((name) => name.endsWith('@anchors'))).toEqual([]);
    expect(values.largestError).toBe(0.5);
    expect(values['worstRelativeError@score']).toBe(values['relativeError@score']);
  });

  it('are of the mean or of one output where the settings say so', () => {
    const primary = (primaryOutput: string) => {
      const values = valuesOf(output, reference, { ...TASK, primaryOutput });
      return [Object.keys(values)[0]!, Object.values(values)[0]!, values] as const;
    };
    const [mean, , values] = primary('mean');
    expect(mean).toBe('cosine');
    expect(primary('two').slice(0, 2)).toEqual(['namedCosine', values['cosine@two']]);
    expect(() => primary('anchors')).toThrow('"anchors" (the same for all samples)');
    expect(() => primary('three')).toThrow('(anchors, score, mask, one, two), got three');
  });

  it('leave out an output whose length depends on the sample, however samples are split', () => {
    const boxes = [tensor('boxes', [[1, 2.5, 3, 4]], [1, 4]), tensor('boxes', [[]], [0, 4])];
    const rows = (all: OutputTensor, row: number) => ({
      ...tensor(all.name, [[...all.data.subarray(2 * row, 2 * row + 2)]]),
    });
    const add = (samples: readonly number[]) => {
      const metric = createFidelity(TASK, contextOf(2));
      for (const sample of samples) {
        const of = (all: OutputTensor) => [boxes[sample]!, rows(all, sample)];
        // The trial finds one box in both.
        metric.add({
          ...{ first: sample, count: 1, origins: null },
          outputs: [boxes[0]!, rows(output[3]!, sample)],
          reference: of(one),
        });
      }
      return metric;
    };
    const whole = add([1, 0]).finish();
    const parts = [add([1]), add([0])].map((part) => structuredClone(part.state()));
    expect(finishFidelity(TASK, contextOf(2), mergeFidelityStates(parts))).toEqual(whole);
    const slices = whole.evaluation.accuracies.map(({ slice }) => slice);
    expect(new Set(slices)).toEqual(new Set(['', 'one']));
    expect(() => add([0]).finish()).toThrow('the first missing one is 1');
  });

  it('say what is wrong where none can be judged', () => {
    expect(() => valuesOf([output[0]!, output[1]!], [anchors, score])).toThrow(
      'Expected an output that cosine can judge by its likeness to FP32\'s, got "anchors" (the same for all samples), "score" (one number a sample)',
    );
  });
});

describe('settings of fidelity', () => {
  it('are absent from a task where they have their defaults', () => {
    const given = { bootstrap: 400, primary: 'cosine', primaryOutput: 'worst', argmaxAxis: null, topK: 5 } as const;
    expect(locateFidelity(given)).toEqual({ bootstrap: 400 });
    expect(locateFidelity({ ...given, primary: 'sqnr', topK: 3 })).toEqual({
      bootstrap: 400,
      primary: 'sqnr',
      topK: 3,
    });
  });

  it('are checked against the outputs before anything runs', () => {
    const surroundings = (outputs: Record<string, readonly (number | null)[]>) => ({
      ...{ sampleCount: 4, names: null, sampleShape: [3] },
      outputs: Object.entries(outputs).map(([name, dims]) => ({ name, dims })),
    });
    const boxes = surroundings({ boxes: [4, 100, 4], scores: [4, 100, 7] });
    expect(inspectFidelity(TASK, boxes)).toEqual([]);
    expect(() => inspectFidelity({ ...TASK, primaryOutput: 'logits' }, boxes)).toThrow('(boxes, scores), got logits');
    expect(() => inspectFidelity({ ...TASK, primary: 'argmaxAgreement' }, boxes)).toThrow(
      'Expected an output with a class axis for task.primary: argmaxAgreement, got "boxes" [4, 100, 4], "scores" [4, 100, 7]. Name the axis in task.argmaxAxis.',
    );
    expect(inspectFidelity({ ...TASK, primary: 'topKAgreement', argmaxAxis: -1 }, boxes)).toEqual([
      'fidelity: topKAgreement compares "scores" along axis 2 (7 classes)',
    ]);
  });

  it('name metrics that are all defined', () => {
    const primaries = ['cosine', 'sqnr', 'relativeError', 'argmaxAgreement', 'topKAgreement', 'equalValues'] as const;
    const reference = [tensor('one', [[1, 0.5, 9]]), tensor('two', [[3, 0.5, 8]])];
    for (const primary of primaries) {
      for (const primaryOutput of ['worst', 'mean', 'one']) {
        const names = Object.keys(valuesOf(reference, reference, { ...TASK, primary, primaryOutput, topK: 1 }));
        for (const name of names) expect(fidelityMetrics).toHaveProperty([name.split('@')[0]!]);
      }
    }
  });
});
