import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import type { MetricContext } from '../../../src/tasks/metric.js';
import { readAlphabet } from '../../../src/tasks/sequence/alphabet.js';
import { codePoints } from '../../../src/tasks/sequence/code-points.js';
import { compareTexts } from '../../../src/tasks/sequence/compare-texts.js';
import { decodeCtc } from '../../../src/tasks/sequence/decode-ctc.js';
import { editDistance } from '../../../src/tasks/sequence/edit-distance.js';
import { inspectSequence } from '../../../src/tasks/sequence/inspect-sequence.js';
import { createSequence, finishSequence } from '../../../src/tasks/sequence/sequence.js';
import { sequenceDivergence } from '../../../src/tasks/sequence/sequence-divergence.js';
import { sequenceSettings, type SequenceTask } from '../../../src/tasks/sequence/sequence-settings.js';
import { mergeSequenceStates } from '../../../src/tasks/sequence/sequence-state.js';
import { readTextTruth } from '../../../src/tasks/sequence/text-truth.js';
import { batchOf } from '../../support/sample-batch.js';

const folder = mkdtempSync(join(tmpdir(), 'quantsweep-sequence-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let files = 0;

function write(name: string, text: string): string {
  const path = join(folder, `${(files += 1)}-${name}`);
  writeFileSync(path, text);
  return path;
}

function taskOf(settings: Partial<SequenceTask>): SequenceTask {
  return z.object(sequenceSettings).parse({ truth: 'none', bootstrap: 20, ...settings });
}

function contextOf(sampleCount: number, names: readonly string[] | null = null): MetricContext {
  return { labels: null, groundTruth: null, referenceArgmax: null, sampleCount, names };
}

/** Steps whose largest class is given, of so many classes. */
function stepsOf(best: readonly number[], classes: number): Float32Array {
  const steps = new Float32Array(best.length * classes);
  for (const [step, each] of best.entries()) steps[step * classes + each] = 1;
  return steps;
}

const plain = { steps: 0, classes: 3, stepStride: 3, classStride: 1 };

describe('greedy CTC decoding', () => {
  const alphabet = readAlphabet(taskOf({ alphabet: 'ab' }));

  it('merges equal neighbours before it removes blanks', () => {
    const read = (best: readonly number[], own = alphabet) =>
      decodeCtc(stepsOf(best, 3), { ...plain, steps: best.length }, own, 'output');
    expect(read([1, 1, 0, 1, 2, 2, 0, 0, 2])).toBe('aabb');
    expect(read([0, 0])).toBe('');
    expect(read([1, 2, 1])).toBe('aba');
    const last = readAlphabet(taskOf({ alphabet: 'ab', blank: 'last' }));
    expect(read([0, 0, 2, 0, 1], last)).toBe('aab');
    const middle = readAlphabet(taskOf({ alphabet: 'ab', blank: 1 }));
    expect(middle.characters).toEqual(['a', null, 'b']);
  });

  it('takes the lowest of equal classes, minus infinity for what it is, and no NaN', () => {
    const read = (...values: number[]) =>
      decodeCtc(Float32Array.from(values), { ...plain, steps: values.length / 3 }, alphabet, 'output, sample 3');
    expect(read(0, 2, 2)).toBe('a');
    expect(read(-Infinity, -Infinity, -5)).toBe('b');
    expect(read(-Infinity, -Infinity, -Infinity)).toBe('');
    expect(() => read(0, NaN, 2)).toThrow('output, sample 3, step 0, class 1');
  });
});

/** Wagner and Fischer's table as the recursion has it. */
function literalDistance(one: readonly string[], other: readonly string[]): number {
  if (one.length === 0 || other.length === 0) return one.length + other.length;
  const [a, b] = [one.slice(1), other.slice(1)];
  return Math.min(
    literalDistance(a, b) + (one[0] === other[0] ? 0 : 1),
    literalDistance(a, other) + 1,
    literalDistance(one, b) + 1,
  );
}

describe('comparison of texts', () => {
  it('has the edit distance of the recursion', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 6 });
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(editDistance(one, other)).toBe(literalDistance(one, other));
      }),
    );
    expect(editDistance(codePoints('kitten'), codePoints('sitting'))).toBe(3);
  });

  it('counts code points, and normalizes where that is asked for', () => {
    const asIs = { unicode: 'asIs', ignoreCase: false } as const;
    expect(compareTexts('a', '😀😀', asIs)).toMatchObject({ edits: 2, length: 2 });
    expect(compareTexts('é', 'e\u0301', asIs)).toMatchObject({ edits: 2, length: 2, isExact: false });
    expect(compareTexts('é', 'e\u0301', { ...asIs, unicode: 'NFC' })).toMatchObject({ edits: 0, isExact: true });
    expect(compareTexts('Ab', 'aB', { ...asIs, ignoreCase: true }).isExact).toBe(true);
  });

  it('has what PaddleOCR has: spaces removed, edits over the longer text', () => {
    const asIs = { unicode: 'asIs', ignoreCase: false } as const;
    expect(compareTexts('ab c', 'a bc', asIs)).toEqual({
      ...{ edits: 2, length: 4, isExact: false, isExactWithoutSpaces: true, normalizedEdits: 0 },
    });
    expect(compareTexts('abc', 'a d', asIs)).toMatchObject({ normalizedEdits: 2 / 3 });
    expect(compareTexts('', ' ', asIs)).toMatchObject({ edits: 1, isExactWithoutSpaces: true, normalizedEdits: 0 });
  });
});

describe('texts of samples', () => {
  const names = ['a.png', 'sub/b.png', 'c.png'];

  it('are read from tables, by name', () => {
    const csv = write(
      't.csv',
      '\ufefffile,text\r\nb.png,"say ""hi"",\nyou"\r\n./c.png,\r\nold.png,x\r\na.png,1, 2\r\n',
    );
    expect(readTextTruth(csv, names, 3)).toEqual({ texts: ['1, 2', 'say "hi",\nyou', ''], by: 'name', unused: 1 });
    const icdar = write('t.csv', 'a.png, "One"\nsub/b.png, "Two, three"\nc.png, "4"\n');
    expect(readTextTruth(icdar, names, 3).texts).toEqual(['One', 'Two, three', '4']);
    const paddle = write('t.txt', 'train/a.png\tone two\ntrain/b.png\t"\ntrain/c.png\tx\n'.replace('"', 'q'));
    expect(readTextTruth(paddle, names, 3)).toEqual({ texts: ['one two', 'q', 'x'], by: 'name', unused: 0 });
  });

  it('are read from JSON and from lines', () => {
    expect(readTextTruth(write('t.json', '{"c.png":"3","b.png":"2","a.png":"1"}'), names, 3).texts).toEqual([
      '1',
      '2',
      '3',
    ]);
    const list = write(
      't.json',
      '[{"name":"c.png","text":"3"},{"name":"a.png","text":"1"},{"name":"b.png","text":"2"}]',
    );
    expect(readTextTruth(list, names, 3)).toMatchObject({ texts: ['1', '2', '3'], by: 'name' });
    expect(readTextTruth(list, null, 3)).toMatchObject({ texts: ['3', '1', '2'], by: 'order' });
    expect(readTextTruth(write('t.json', '["x","y","z"]'), names, 2)).toEqual({
      texts: ['x', 'y'],
      by: 'order',
      unused: 1,
    });
    expect(readTextTruth(write('t.txt', 'x\n\nz\n'), names, 3).texts).toEqual(['x', '', 'z']);
  });

  it('are refused with what does not fit', () => {
    const read =
      (name: string, text: string, samples = names) =>
      () =>
        readTextTruth(write(name, text), samples, samples.length);
    expect(read('t.csv', 'a.png,1\n')).toThrow('none for 2 of them, such as sub/b.png');
    expect(read('t.csv', 'a.png,1\nb.png,2\nc.png,3\na.png,4\n')).toThrow(
      'one text for sample a.png, got 2: a.png (line 1), a.png (line 4)',
    );
    expect(read('t.csv', 'a.png,1\nb.png\nc.png,3\n')).toThrow('a text without a name');
    expect(read('t.csv', 'b.png,1\n', ['x/b.png', 'y/b.png'])).toThrow('b.png (line 1) for both x/b.png and y/b.png');
    expect(read('t.txt', 'x\ny\n')).toThrow('Expected 3 texts, one for each sample, in order, got 2');
    expect(read('t.json', '{"a.png":1}')).toThrow('an object of texts by name');
    expect(read('t.json', '{')).toThrow('Expected a JSON document');
    expect(read('t.csv', 'a.png,"x\n')).toThrow('a closing quote');
    expect(read('t.csv', 'a.png,"x"y\n')).toThrow('behind a closing quote');
  });
});

describe('the alphabet', () => {
  it('is a text, a list or a file, with a space behind it where one is asked for', () => {
    const characters = (settings: Partial<SequenceTask>) => readAlphabet(taskOf(settings)).characters;
    expect(characters({ alphabet: 'a😀' })).toEqual([null, 'a', '😀']);
    expect(characters({ alphabet: ['a', 'ch'], blank: 'last' })).toEqual(['a', 'ch', null]);
    const alphabetFile = write('alphabet.txt', 'x\r\n \r\ny\r\n');
    expect(characters({ alphabetFile })).toEqual([null, 'x', ' ', 'y']);
    expect(characters({ alphabet: 'xy', appendSpace: true })).toEqual([null, 'x', 'y', ' ']);
  });

  it('is refused where it is unclear', () => {
    const read = (settings: Partial<SequenceTask>) => () => readAlphabet(taskOf(settings));
    expect(read({})).toThrow('Expected one of task.alphabet and task.alphabetFile, got neither');
    expect(read({ alphabet: 'a', alphabetFile: 'b' })).toThrow('got both');
    expect(read({ alphabet: 'aba' })).toThrow('got "a" twice');
    expect(read({ alphabet: 'a ', appendSpace: true })).toThrow('Leave task.appendSpace out');
    expect(read({ alphabet: 'ab', blank: 3 })).toThrow('a class of 0 to 2');
    expect(read({ alphabetFile: write('alphabet.txt', 'a\n\nb\n') })).toThrow('line 2');
  });
});

describe('task sequence', () => {
  const truth = write('t.json', '["ab","","b"]');
  // Read: ab, a, ba.
  const best = [
    [1, 0, 2, 2],
    [1, 1, 0, 0],
    [2, 0, 1, 0],
  ];
  const output = Float32Array.from(best.flatMap((steps) => [...stepsOf(steps, 3)]));
  const evaluate = (settings: Partial<SequenceTask>, data = output, dims = [3, 4, 3]) => {
    const metric = createSequence(taskOf({ truth, alphabet: 'ab', ...settings }), contextOf(3));
    metric.add(batchOf(0, 3, data, dims));
    return metric.finish().evaluation;
  };

  it('has exact matches, error rates and what each sample comes to', () => {
    const { primaryMetric, accuracies, outcomes } = evaluate({});
    expect(primaryMetric).toBe('exact');
    const value = (metric: string) => accuracies.find((each) => each.metric === metric);
    expect(value('exact')).toMatchObject({ value: 1 / 3, correct: 1, total: 3, ciMethod: 'wilson' });
    // Edits 0, 1, 1 over lengths 2, 0, 1; over the longer: 0, 1, 1/2.
    expect(value('cer')).toMatchObject({ value: 2 / 3, ciMethod: 'bootstrap' });
    expect(value('paddleNormEditDistance')!.value).toBeCloseTo(1 - 1.5 / 3, 12);
    expect(value('paddleAcc')!.value).toBeCloseTo(1 / 3, 12);
    expect(outcomes.map(({ metric, kind }) => `${metric} ${kind}`)).toEqual([
      'exact bitset',
      'edits values',
      'referenceLength values',
    ]);
    expect([...outcomes[0]!.data]).toEqual([1]);
    expect([...new Float64Array(outcomes[1]!.data.slice().buffer)]).toEqual([0, 1, 1]);
  });

  it('ranks by 1 - the error rate where that is asked for, also below 0', () => {
    const { primaryMetric, accuracies, outcomes } = evaluate({ primary: 'cer' });
    expect(primaryMetric).toBe('1-cer');
    expect(accuracies[0]).toMatchObject({ metric: '1-cer', value: 1 - 2 / 3, ciMethod: 'bootstrap' });
    expect(outcomes[0]).toMatchObject({ metric: '1-cer', kind: 'bootstrap', count: 20 });
    expect(createSequence(taskOf({ truth, alphabet: 'ab', primary: 'cer' }), contextOf(3)).isRight).toBeUndefined();
  });

  it('reads classes before steps, too', () => {
    const turned = new Float32Array(36);
    output.forEach((value, at) => {
      turned[Math.floor(at / 12) * 12 + (at % 3) * 4 + (Math.floor(at / 3) % 4)] = value;
    });
    expect(evaluate({ layout: 'NCT' }, turned, [3, 3, 4])).toEqual(evaluate({}));
  });

  it('gives the same from parts as from the whole', () => {
    const task = taskOf({ truth, alphabet: 'ab' });
    const parts = [
      [2, 1],
      [0, 2],
    ].map(([first, count]) => {
      const metric = createSequence(task, contextOf(3));
      metric.add(batchOf(first!, count!, output.slice(first! * 12, (first! + count!) * 12), [count!, 4, 3]));
      return structuredClone(metric.state());
    });
    expect(finishSequence(task, contextOf(3), mergeSequenceStates(parts)).evaluation).toEqual(evaluate({}));
    expect(() => mergeSequenceStates([parts[0]!, parts[0]!])).toThrow('a second time');
  });

  it('has no error rate without a character in any text', () => {
    const empty = write('t.json', '["","",""]');
    const metrics = evaluate({ truth: empty }).accuracies.map(({ metric }) => metric);
    expect(metrics).toEqual(['exact', 'paddleAcc', 'paddleNormEditDistance']);
    expect(() => evaluate({ truth: empty, primary: 'cer' })).toThrow('Rank by exact matches');
  });

  it('says what does not fit before and while it runs', () => {
    const surroundings = (dims: readonly (number | null)[]) => ({
      ...{ sampleCount: 3, names: null, sampleShape: [1] },
      outputs: [{ name: 'y', dims }],
    });
    const inspect = (settings: Partial<SequenceTask>, dims: readonly (number | null)[] = [null, 4, 3]) =>
      inspectSequence(taskOf({ truth, alphabet: 'ab', ...settings }), surroundings(dims));
    expect(inspect({})).toEqual([`sequence: 3 texts of ${truth}, by order; 2 characters, blank is class 0`]);
    expect(inspect({ alphabet: 'ac' })[1]).toContain(
      '2 of 3 texts have characters that no class is of, so they are never read without an error: "b" (U+0062) in "ab"',
    );
    expect(() => inspect({}, [3, 4, 4])).toThrow('task.appendSpace: true');
    expect(() => evaluate({ alphabet: 'abc' })).toThrow('Expected 4 classes in the output');
    expect(() => evaluate({}, output, [3, 12])).toThrow('Task classification scores [N, classes]');
  });

  it('compares steps by their classes, probabilities or logits', () => {
    const tensor = (values: readonly number[]) => [{ name: 'y', data: Float32Array.from(values), dims: [1, 2, 2] }];
    const task = taskOf({ truth, alphabet: 'a' });
    const p = [0.75, 0.25, 0.5, 0.5];
    const q = [0.5, 0.5, 0.5, 0.5];
    const expected = (0.75 * Math.log(1.5) + 0.25 * Math.log(0.5)) / 2;
    expect(sequenceDivergence(task, tensor(p), tensor(q))).toBeCloseTo(expected, 6);
    const logits = (values: readonly number[]) => tensor(values.map((value) => Math.log(value) + 3));
    expect(sequenceDivergence(task, logits(p), logits(q))).toBeCloseTo(expected, 6);
    expect(sequenceDivergence(task, tensor(p), tensor(p))).toBe(0);
  });
});
