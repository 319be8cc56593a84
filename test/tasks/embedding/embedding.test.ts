import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { cosineDistance } from '../../../src/tasks/embedding/cosine-distance.js';
import { createEmbedding, finishEmbedding } from '../../../src/tasks/embedding/embedding.js';
import type { EmbeddingTask } from '../../../src/tasks/embedding/embedding-settings.js';
import { mergeEmbeddingStates } from '../../../src/tasks/embedding/embedding-state.js';
import { inspectEmbedding } from '../../../src/tasks/embedding/inspect-embedding.js';
import { readPairTruth } from '../../../src/tasks/embedding/pair-truth.js';
import { foldsOf, trueAcceptRate, verifyPairs } from '../../../src/tasks/embedding/verification.js';
import type { MetricContext } from '../../../src/tasks/metric.js';
import { batchOf } from '../../support/sample-batch.js';

const folder = mkdtempSync(join(tmpdir(), 'quantsweep-embedding-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let files = 0;

function write(name: string, text: string): string {
  const path = join(folder, `${(files += 1)}-${name}`);
  writeFileSync(path, text);
  return path;
}

function contextOf(sampleCount: number, names: readonly string[] | null = null): MetricContext {
  return { labels: null, groundTruth: null, referenceArgmax: null, sampleCount, names };
}

/** The protocol word by word: each fold, each threshold, each pair. */
function literalVerification(distance: readonly number[], same: readonly number[], folds: number, step: number) {
  const parts: number[][] = [];
  let start = 0;
  for (let fold = 0; fold < folds; fold += 1) {
    const size = Math.floor(distance.length / folds) + (fold < distance.length % folds ? 1 : 0);
    parts.push(Array.from({ length: size }, (_, index) => start + index));
    start += size;
  }
  const share = (pairs: readonly number[], threshold: number) =>
    pairs.filter((pair) => distance[pair]! < threshold === (same[pair] === 1)).length / pairs.length;
  return parts.map((test, fold) => {
    const train = parts.filter((_, other) => other !== fold).flat();
    const thresholds = Array.from({ length: 400 }, (_, at) => at * step);
    const shares = thresholds.map((threshold) => share(train, threshold));
    const threshold = thresholds[shares.indexOf(Math.max(...shares))]!;
    return { threshold, accuracy: share(test, threshold) };
  });
}

describe('verification of pairs', () => {
  it('is that of the protocol, word by word', () => {
    const pair = fc.tuple(fc.integer({ min: 0, max: 400 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(pair, { minLength: 4, maxLength: 30 }), fc.integer({ min: 2, max: 4 }), (pairs, folds) => {
        // Distances that lie on thresholds, too.
        const distance = pairs.map(([at]) => at * 0.01);
        const same = pairs.map(([, isSame]) => Number(isSame));
        const found = verifyPairs(Float64Array.from(distance), Uint8Array.from(same), folds, 0.01);
        const expected = literalVerification(distance, same, folds, 0.01);
        expect(found.thresholds).toEqual(expected.map(({ threshold }) => threshold));
        found.accuracies.forEach((each, fold) => {
          expect(each).toBeCloseTo(expected[fold]!.accuracy, 12);
        });
      }),
    );
  });

  it('cuts the list into contiguous folds, the first ones longer', () => {
    expect([...foldsOf(7, 3)]).toEqual([0, 0, 0, 1, 1, 2, 2]);
    expect([...foldsOf(4, 2)]).toEqual([0, 0, 1, 1]);
  });

  it('calls a pair the same strictly below the threshold, of equal ones the first', () => {
    // Fold 0 is judged by fold 1, where all thresholds above 0.5 and up to 1 are right: 0.51.
    const distance = Float64Array.of(0.51, 0.505, 0.5, 1);
    const found = verifyPairs(distance, Uint8Array.of(1, 1, 1, 0), 2, 0.01);
    expect(found.thresholds[0]).toBe(0.51);
    expect([...found.right.slice(0, 2)]).toEqual([0, 1]);
  });

  it('has true accept rates where there are enough others', () => {
    const distance = Float64Array.of(0.1, 0.2, 0.3, 0.9, 0.2, 0.25, 1, 2);
    const same = Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 0);
    // One of four may be accepted: strictly below the second nearest, 0.25.
    expect(trueAcceptRate(distance, same, 0.25)).toBe(0.5);
    // Two: below 1.
    expect(trueAcceptRate(distance, same, 0.5)).toBe(1);
    expect(trueAcceptRate(distance, same, 0.2)).toBeNull();
    const many = Float64Array.from({ length: 200 }, (_, pair) => (pair % 100) + (pair < 100 ? 0 : 0.5));
    const half = Uint8Array.from({ length: 200 }, (_, pair) => Number(pair < 100));
    // 29 of 100 in spite of 0.29 * 100 = 28.999...: below the 30th, 29.5.
    expect(trueAcceptRate(many, half, 0.29)).toBe(0.3);
  });
});

describe('files of pairs', () => {
  const names = ['x/a.png', 'x/b.png', 'c.png'];
  const plain = (path: string, sampleCount = 3, of: readonly string[] | null = names) => {
    const { first, second, same, unused } = readPairTruth(path, of, sampleCount);
    return [[...first], [...second], [...same], unused];
  };

  it('are tables, JSON or LFW, by name or by number', () => {
    const expected = [[0, 2], [1, 0], [1, 0], 0];
    expect(plain(write('p.csv', 'first,second,same\na.png,b.png,1\n"c.png",x/a.png,0\n'))).toEqual(expected);
    expect(plain(write('p.tsv', 'a.png\tb.png\ttrue\nc.png\ta.png\tfalse\n'))).toEqual(expected);
    expect(plain(write('p.csv', '0,1,1\n2,0,0\n'), 3, null)).toEqual(expected);
    expect(plain(write('p.json', '[["a.png","b.png",true],{"first":2,"second":0,"same":0}]'))).toEqual(expected);
    const lfw = write('pairs.txt', '10\t300\nAda L\t1\t4\nAda L\t1\tAlan T\t2\n');
    const people = ['Ada L/Ada L_0001.jpg', 'Ada L/Ada L_0004.jpg', 'Alan T/Alan T_0002.jpg'];
    expect(plain(lfw, 3, people)).toEqual([[0, 0], [1, 2], [1, 0], 0]);
  });

  it('leave out pairs of samples that are not evaluated, and refuse those of none', () => {
    const path = write('p.csv', 'a.png,b.png,1\nc.png,a.png,0\n');
    expect(plain(path, 2)).toEqual([[0], [1], [1], 1]);
    expect(() => plain(write('p.csv', 'a.png,d.png,1\n'))).toThrow('Names are such as x/a.png');
    expect(() => plain(write('p.csv', 'a.png,b.png,1\n'), 3, null)).toThrow('as the samples have no names');
    expect(() => plain(write('p.csv', 'a.png,b.png,1\na.png,b.png\n'))).toThrow('line 2');
    expect(() => plain(write('p.csv', '0,7,1\n'))).toThrow('got "7"');
  });
});

describe('task embedding', () => {
  const task: EmbeddingTask = {
    ...{ folds: 2, distance: 'squared', far: [0.5, 0.001] },
    truth: write('p.csv', '0,1,1\n0,2,0\n1,3,0\n2,3,1\n'),
  };
  // Angles 0, 20, 90 and 100 degrees, of lengths that do not matter.
  const angles = [0, 20, 90, 100];
  const output = Float32Array.from(
    angles.flatMap((angle, index) => [Math.cos, Math.sin].map((of) => (index + 1) * of((angle * Math.PI) / 180))),
  );
  const evaluate = (settings: Partial<EmbeddingTask> = {}) => {
    const metric = createEmbedding({ ...task, ...settings }, contextOf(4));
    metric.add(batchOf(0, 4, output, [4, 2]));
    return metric.finish().evaluation;
  };

  it('has the accuracy over folds, distances, and rates that the pairs can tell', () => {
    const { primaryMetric, samples, accuracies, outcomes } = evaluate();
    expect([primaryMetric, samples]).toEqual(['accuracy', 4]);
    expect(accuracies[0]).toMatchObject({ metric: 'accuracy', value: 0.75, correct: 3, total: 4, ciMethod: 'wilson' });
    const chord = (degrees: number) => (2 * Math.sin((degrees * Math.PI) / 360)) ** 2;
    const [distances] = outcomes.filter(({ kind }) => kind === 'values');
    [...new Float64Array(distances!.data.slice().buffer)].forEach((each, pair) => {
      expect(each).toBeCloseTo(chord([20, 90, 80, 10][pair]!), 6);
    });
    expect(accuracies.filter(({ metric }) => metric === 'tar')).toMatchObject([{ slice: '0.5', value: 1 }]);
    // The first threshold above 0.0304 of the other fold's, and above 0.1206.
    expect(accuracies.find(({ metric }) => metric === 'threshold')!.value).toBeCloseTo((0.04 + 0.13) / 2, 12);
    const [bits] = outcomes;
    expect(bits).toMatchObject({ metric: 'accuracy', kind: 'bitset', count: 4 });
    expect([...bits!.data]).toEqual([0b1110]);
  });

  it('is the same by the cosine, whose distances are half', () => {
    const [own, other] = [evaluate(), evaluate({ distance: 'cosine' })];
    const value = ({ accuracies }: typeof own, metric: string) =>
      accuracies.find((each) => each.metric === metric)!.value;
    expect(value(other, 'accuracy')).toBe(value(own, 'accuracy'));
    expect(value(other, 'threshold')).toBeCloseTo(value(own, 'threshold') / 2, 12);
  });

  it('gives the same from parts as from the whole', () => {
    const parts = [
      [1, 3],
      [0, 1],
    ].map(([first, count]) => {
      const metric = createEmbedding(task, contextOf(4));
      metric.add(batchOf(first!, count!, output.slice(first! * 2, (first! + count!) * 2), [count!, 2]));
      return structuredClone(metric.state());
    });
    expect(finishEmbedding(task, contextOf(4), mergeEmbeddingStates(parts)).evaluation).toEqual(evaluate());
    expect(() => mergeEmbeddingStates([parts[0]!, parts[0]!])).toThrow('a second time');
  });

  it('says what the pairs lack before anything runs', () => {
    const surroundings = { sampleCount: 4, names: null, outputs: [], sampleShape: [1] };
    expect(inspectEmbedding(task, surroundings)).toEqual([
      `embedding: 4 pairs of ${task.truth}, 2 same and 2 others, in 2 folds`,
      "embedding: a false accept rate of 0.001 can't be measured with 2 pairs that are not the same, and is left out",
    ]);
    const sorted = { ...task, truth: write('p.csv', '0,1,1\n2,3,1\n0,2,0\n1,3,0\n') };
    expect(inspectEmbedding(sorted, surroundings)[1]).toContain('2 of 2 folds have pairs of one kind alone');
    const alike = { ...task, truth: write('p.csv', '0,1,1\n2,3,1\n') };
    expect(() => createEmbedding(alike, contextOf(4))).toThrow('got 2 same and 0 others');
    expect(() => createEmbedding(task, contextOf(2))).toThrow('3 others name samples that are not evaluated');
  });

  it('needs embeddings of one width, and finite numbers', () => {
    const add = (data: number[], dims: number[]) => () => {
      createEmbedding(task, contextOf(4)).add(batchOf(0, dims[0]!, Float32Array.from(data), dims));
    };
    expect(add([1, 2], [2, 1])).toThrow('two numbers or more a sample');
    expect(add([1, NaN, 0, 1], [2, 2])).toThrow('output, sample 0');
  });

  it('diverges by 1 - cosine', () => {
    expect(cosineDistance(Float32Array.of(3, 4), Float32Array.of(6, 8))).toBeCloseTo(0, 12);
    expect(cosineDistance(Float32Array.of(1, 0), Float32Array.of(0, 2))).toBe(1);
    expect(cosineDistance(Float32Array.of(0, 0), Float32Array.of(0, 0))).toBe(0);
  });
});
