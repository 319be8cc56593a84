import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createClassification, finishClassification } from '../../../src/tasks/classification/classification.js';
import { mergeClassificationStates } from '../../../src/tasks/classification/classification-state.js';
import type { MetricContext } from '../../../src/tasks/metric.js';
import { batchOf } from '../../support/sample-batch.js';

function contextOf(labels: readonly number[] | null, reference: readonly number[] | null, sampleCount: number) {
  return {
    labels: labels === null ? null : Int32Array.from(labels),
    groundTruth: null,
    referenceArgmax: reference === null ? null : Int32Array.from(reference),
    sampleCount,
  } satisfies MetricContext;
}

function evaluate(rows: readonly (readonly number[])[], context: MetricContext) {
  const metric = createClassification(context);
  metric.add(batchOf(0, rows.length, Float32Array.from(rows.flat()), [rows.length, rows[0]!.length]));
  return metric.finish();
}

describe('classification', () => {
  it('counts top-1 and agreement, with Wilson intervals and one bit a sample', () => {
    const rows = [
      [3, 1, 2],
      [0, 1, 5],
      [0, 9, 0],
      [1, 0, 0],
    ];
    const { evaluation, argmax } = evaluate(rows, contextOf([0, 1, 1, 0], [0, 2, 0, 1], 4));
    expect([...argmax!]).toEqual([0, 2, 1, 0]);
    expect(evaluation.primaryMetric).toBe('top1');
    expect(evaluation.accuracies).toMatchObject([
      { metric: 'top1', slice: '', value: 0.75, ciMethod: 'wilson', correct: 3, total: 4 },
      { metric: 'agreement', value: 0.5, correct: 2, total: 4 },
    ]);
    expect(evaluation.accuracies[0]!.ciLow).toBeCloseTo(0.300642, 5);
    expect(evaluation.outcomes).toEqual([
      { metric: 'top1', kind: 'bitset', count: 4, data: Uint8Array.of(0b1101) },
      { metric: 'agreement', kind: 'bitset', count: 4, data: Uint8Array.of(0b0011) },
    ]);
  });

  it('gives ties to the lower class, for top-1 and top-5', () => {
    const flat = [1, 1, 1, 1, 1, 1];
    const { evaluation, argmax } = evaluate([flat, flat, flat], contextOf([0, 4, 5], null, 3));
    expect([...argmax!]).toEqual([0, 0, 0]);
    expect(evaluation.outcomes.map(({ metric, data }) => [metric, data[0]])).toEqual([
      ['top1', 0b001],
      ['top5', 0b011],
    ]);
  });

  it('has no top-5 for five classes', () => {
    const { evaluation } = evaluate([[1, 2, 3, 4, 5]], contextOf([4], null, 1));
    expect(evaluation.accuracies.map(({ metric }) => metric)).toEqual(['top1']);
  });

  it('without labels measures agreement alone', () => {
    const { evaluation } = evaluate([[1, 2]], contextOf(null, [1], 1));
    expect(evaluation.primaryMetric).toBe('agreement');
    expect(evaluation.accuracies).toMatchObject([{ metric: 'agreement', value: 1 }]);
  });

  it('is the same however the samples are split over processes', () => {
    const classes = 7;
    const sampleCount = 12;
    const row = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: classes, maxLength: classes });
    const rows = fc.array(row, { minLength: sampleCount, maxLength: sampleCount });
    const owners = fc.array(fc.nat(2), { minLength: sampleCount, maxLength: sampleCount });
    fc.assert(
      fc.property(rows, owners, (logits, owner) => {
        const context = contextOf(
          logits.map((_, index) => index % classes),
          logits.map(() => 0),
          sampleCount,
        );
        const children = [0, 1, 2].map(() => createClassification(context));
        for (const [sample, values] of logits.entries()) {
          children[owner[sample]!]!.add(batchOf(sample, 1, Float32Array.from(values), [1, classes]));
        }
        const sent = children.map((child) => structuredClone(child.state()));
        expect(finishClassification(context, mergeClassificationStates(sent))).toEqual(evaluate(logits, context));
      }),
      { numRuns: 50 },
    );
  });

  it('names a sample whose label is no class of the model', () => {
    expect(() =>
      evaluate(
        [
          [1, 2],
          [1, 2],
        ],
        contextOf([1, 2], null, 2),
      ),
    ).toThrow("Expected a label in 0..1, the classes of the model's output, got 2 for sample 1");
  });

  it('names the sample and class of NaN and infinities', () => {
    const run = (value: number) => () =>
      evaluate(
        [
          [1, 2],
          [3, value],
        ],
        contextOf([0, 0], null, 2),
      );
    expect(run(Number.NaN)).toThrow(
      expect.objectContaining({
        name: 'NonFiniteError',
        where: 'output, sample 1, class 1',
        message: 'Expected finite numbers only, got NaN (output, sample 1, class 1)',
      }),
    );
    expect(run(-Infinity)).toThrow('got -Infinity');
  });

  it('takes outputs [N, classes] and [N, classes, 1, 1] only, with the same number of classes', () => {
    const metric = createClassification(contextOf([0, 0, 0], null, 3));
    metric.add(batchOf(0, 1, new Float32Array(4), [1, 4, 1, 1]));
    const add = (count: number, size: number, shape: readonly number[]) => () => {
      metric.add(batchOf(1, count, new Float32Array(size), shape));
    };
    expect(add(1, 16, [1, 4, 2, 2])).toThrow('got [1, 4, 2, 2], a map (segmentation, heatmaps or features)');
    expect(add(2, 4, [1, 4])).toThrow(
      'Expected output "output" to be of shape [N, classes], a row for each sample, got [1, 4] for 2 samples.',
    );
    expect(add(1, 1, [1])).toThrow('got [1]');
    expect(add(1, 5, [1, 5])).toThrow('Expected 4 classes as before, got 5 in the output of sample 1');
  });

  it('needs every sample once', () => {
    const context = contextOf([0, 0, 0], null, 3);
    const metric = createClassification(context);
    metric.add(batchOf(1, 1, new Float32Array(2), [1, 2]));
    expect(() => metric.finish()).toThrow('Expected outputs of all 3 samples, got 1; the first missing one is 0');
    expect(() => {
      metric.add(batchOf(1, 1, new Float32Array(2), [1, 2]));
    }).toThrow('Expected each sample once, got sample 1 a second time');
    expect(() => mergeClassificationStates([metric.state(), metric.state()])).toThrow('got sample 1 a second time');
    expect(() => {
      metric.add(batchOf(3, 1, new Float32Array(2), [1, 2]));
    }).toThrow('Expected samples within 0..2, got 1 from 3 on');
    expect(() => createClassification(contextOf([0], null, 3))).toThrow('Expected 3 labels, got 1');
  });
});
