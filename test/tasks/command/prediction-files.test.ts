import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openFile } from '../../../src/formats/io/file-source.js';
import { readNpyHeader } from '../../../src/formats/npy/npy-header.js';
import type { SampleOrigin } from '../../../src/formats/sample-origin.js';
import { fileNames } from '../../../src/tasks/command/file-names.js';
import { PredictionFiles } from '../../../src/tasks/command/prediction-files.js';
import { finishedResult, mergePredictionStates } from '../../../src/tasks/command/prediction-state.js';
import type { OutputTensor } from '../../../src/tasks/metric.js';

const opened: PredictionFiles[] = [];

function open(sampleCount: number): PredictionFiles {
  const files = new PredictionFiles(sampleCount);
  opened.push(files);
  return files;
}

afterEach(() => {
  for (const files of opened.splice(0)) files.remove();
});

function output(name: string, dims: readonly number[], ...numbers: readonly number[]): OutputTensor {
  return { name, data: Float32Array.from(numbers), dims };
}

function add(
  files: PredictionFiles,
  first: number,
  outputs: readonly OutputTensor[],
  origins: SampleOrigin[] | null = null,
): void {
  files.add({ first, count: outputs[0]!.dims[0]!, outputs, reference: null, origins });
}

function read(path: string): { readonly shape: readonly number[]; readonly numbers: readonly number[] } {
  const source = openFile(path);
  try {
    const { shape, dataStart } = readNpyHeader(source);
    const bytes = readFileSync(path);
    return {
      shape,
      numbers: [...new Float32Array(bytes.buffer.slice(bytes.byteOffset + dataStart, bytes.byteOffset + bytes.length))],
    };
  } finally {
    source.close();
  }
}

const samplesOf = (folder: string): unknown => JSON.parse(readFileSync(join(folder, 'samples.json'), 'utf8'));

describe('files of predictions', () => {
  it('are one .npy for each output, whatever the order of the samples', () => {
    const files = open(3);
    add(files, 1, [output('scores', [2, 2], 3, 4, 5, 6), output('a/b', [2, 1, 1], 8, 9)]);
    add(files, 0, [output('scores', [1, 2], 1, 2), output('a/b', [1, 1, 1], 7)]);
    const { folder, files: paths } = files.finish();
    expect([...paths].map(([name, path]) => [name, basename(path)])).toEqual([
      ['scores', 'scores.npy'],
      ['a/b', 'a_b.npy'],
    ]);
    expect(read(paths.get('scores')!)).toEqual({ shape: [3, 2], numbers: [1, 2, 3, 4, 5, 6] });
    expect(read(paths.get('a/b')!)).toEqual({ shape: [3, 1, 1], numbers: [7, 8, 9] });
    expect(samplesOf(folder)).toEqual({
      samples: 3,
      outputs: [
        { name: 'scores', file: 'scores.npy', shape: [3, 2], rows: null },
        { name: 'a/b', file: 'a_b.npy', shape: [3, 1, 1], rows: null },
      ],
      names: null,
      sizes: null,
      placements: null,
    });
  });

  it('hold the rows of all samples where their number differs, and how many are of each', () => {
    const files = open(4);
    add(files, 0, [output('boxes', [1, 1, 2], 1, 2)]);
    add(files, 1, [output('boxes', [1, 0, 2])]);
    add(files, 2, [output('boxes', [1, 3, 2], 3, 4, 5, 6, 7, 8)]);
    add(files, 3, [output('boxes', [1, 1, 2], 9, 10)]);
    const { folder, files: paths } = files.finish();
    expect(read(paths.get('boxes')!)).toEqual({ shape: [5, 2], numbers: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] });
    expect(samplesOf(folder)).toMatchObject({ outputs: [{ shape: [5, 2], rows: [1, 0, 3, 1] }] });
  });

  it('say where the samples come from', () => {
    const files = open(2);
    const placement = { scaleX: 0.5, scaleY: 0.5, left: 0, top: 8 };
    add(
      files,
      0,
      [output('y', [2, 1], 1, 2)],
      [
        { name: 'a/1.jpg', size: [480, 640], placement },
        { name: 'b.jpg', size: [10, 20], placement: null },
      ],
    );
    expect(samplesOf(files.finish().folder)).toMatchObject({
      names: ['a/1.jpg', 'b.jpg'],
      sizes: [
        [480, 640],
        [10, 20],
      ],
      placements: [placement, null],
    });
  });

  it('of other shapes, twice, or out of order where sizes differ are refused', () => {
    const files = open(4);
    add(files, 0, [output('y', [1, 2], 1, 2)]);
    expect(() => {
      add(files, 1, [output('y', [1, 2, 1], 1, 2)]);
    }).toThrow('Expected output "y" of shape [2] for every sample, or one that differs in its first axis, got [2, 1]');
    expect(() => {
      add(files, 0, [output('y', [1, 2], 1, 2)]);
    }).toThrow('got sample 0 a second time');
    const unordered = open(3);
    add(unordered, 2, [output('y', [1, 2], 1, 2)]);
    expect(() => {
      add(unordered, 0, [output('y', [1, 1], 1)]);
    }).toThrow('Expected samples of output "y", whose size differs, in their order');
  });

  it('that no disk holds are refused before they are written', () => {
    expect(() => {
      add(open(2 ** 20), 0, [{ name: 'y', data: new Float32Array(2 ** 18), dims: [1, 2 ** 18] }]);
    }).toThrow(/^The predictions for task command take 1\.1 TB, and the disk has .* left\. Free some space/);
  });

  it('are removed', () => {
    const files = open(1);
    add(files, 0, [output('y', [1, 1], 1)]);
    const { folder } = files.finish();
    expect(existsSync(folder)).toBe(true);
    files.remove();
    expect(existsSync(folder)).toBe(false);
  });
});

it('files are named like outputs, each once', () => {
  expect(fileNames(['y', 'Y', 'a/b', 'a:b', '.', 'ä', ''])).toEqual(['y', 'Y-2', 'a_b', 'a_b-2', '_', '_-2', '_-3']);
});

it('a state is of all samples, and holds the result', () => {
  const coverage = Uint8Array.of(1, 0);
  const state = { kind: 'command', coverage, result: null } as const;
  expect(() => finishedResult(mergePredictionStates([state]))).toThrow('over 2 samples, got 1 samples');
  expect(() => mergePredictionStates([state, state])).toThrow('in one part, got 2');
});
