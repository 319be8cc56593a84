import { describe, expect, it } from 'vitest';
import { scorePredictions } from '../../src/api/score-predictions.js';
import { npyArray, temporaryFolder } from '../formats/write-files.js';
import { zip } from '../formats/zip-archive.js';

function floats(shape: readonly number[], values: readonly number[]): Uint8Array {
  return npyArray('<f4', shape, Float32Array.from(values));
}

function integers(...values: readonly number[]): Uint8Array {
  return npyArray('<i4', [values.length], Int32Array.from(values));
}

describe('scorePredictions', () => {
  const LOGITS = [3, 1, 2, 0, 1, 5, 0, 9, 0, 1, 0, 0];

  it('scores stored logits against labels as a sweep does', async () => {
    const write = temporaryFolder();
    const score = await scorePredictions({
      task: 'classification',
      predictions: [write('logits.npy', floats([4, 3], LOGITS))],
      truth: write('labels.npy', integers(0, 1, 1, 0)),
    });
    expect(score).toMatchObject({ task: 'classification', metric: 'top1', value: 0.75, samples: 4, notes: [] });
    expect(score.accuracies[0]).toMatchObject({ metric: 'top1', correct: 3, total: 4 });
  });

  it('compares all outputs of an archive with those of FP32', async () => {
    const write = temporaryFolder();
    const path = write('own.npz', zip([{ name: 'logits.npy', data: floats([4, 3], LOGITS) }]));
    const score = await scorePredictions({ task: 'fidelity', predictions: [path], reference: [path] });
    expect(score).toMatchObject({ metric: 'cosine', value: 1, samples: 4 });
  });

  it('reads sequences whose steps come first', async () => {
    const write = temporaryFolder();
    // Steps of two samples in turn: a, b; blank, b; a, blank.
    const steps = floats([3, 2, 3], [0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0]);
    const request = {
      ...{ task: 'sequence', predictions: [write('steps.npy', steps)], truth: write('texts.json', '["aa", "b"]') },
      options: write('sequence.yaml', 'alphabet: ab\nlayout: TNC\n'),
    };
    expect(await scorePredictions(request)).toMatchObject({ metric: 'exact', value: 1, samples: 2 });
  });

  it('reads settings of the task, and names the place of one that is wrong', async () => {
    const write = temporaryFolder();
    const options = write('head.yaml', 'minScore: 0.5\nmaxDetection: 3\n');
    const heatmap = write('heatmap.npy', floats([1, 1, 2, 2], [0, 0, 1, 0]));
    await expect(scorePredictions({ task: 'centerDetection', predictions: [heatmap], options })).rejects.toThrow(
      /head\.yaml:2:1: task\.maxDetection: expected a key of task .*did you mean "maxDetections/i,
    );
  });

  it.each([
    [{ task: 'classificaton' }, /Expected a task \(.*got "classificaton".*classification/],
    [{ predictions: [] }, /Expected --predictions/],
    [{ truth: undefined }, /Expected --truth, a \.npy file of class labels/],
    [{ task: 'fidelity', truth: undefined }, /Expected --reference/],
    [{ task: 'module', truth: undefined }, /task\.path/],
  ])('refuses %o', async (change, message) => {
    const write = temporaryFolder();
    const { truth, ...request } = {
      task: 'classification',
      predictions: [write('logits.npy', floats([4, 3], LOGITS))],
      truth: write('labels.npy', integers(0, 1, 1, 0)) as string | undefined,
      ...change,
    };
    await expect(scorePredictions({ ...request, ...(truth === undefined ? {} : { truth }) })).rejects.toThrow(message);
  });

  it('refuses outputs of other numbers of samples, and labels of others', async () => {
    const write = temporaryFolder();
    const [four, two] = [write('four.npy', floats([4, 3], LOGITS)), write('two.npy', floats([2, 3], LOGITS.slice(6)))];
    await expect(scorePredictions({ task: 'fidelity', predictions: [four], reference: [two] })).rejects.toThrow(
      /of the same samples: .*four\.npy has 4, .*two\.npy 2/,
    );
    await expect(
      scorePredictions({
        task: 'classification',
        predictions: [four],
        truth: write('labels.npy', integers(0, 1)),
      }),
    ).rejects.toThrow(/labels of shape \[4\]/);
  });
});
