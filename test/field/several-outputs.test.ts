import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../src/onnx/node.js';
import { TensorProto_DataType } from '../../src/onnx/proto/onnx_pb.js';
import { int64Tensor } from '../../src/onnx/tensor.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { quantsweep, temporaryFolder } from '../cli/command-line.js';
import { npyArray } from '../formats/write-files.js';
import { node, tensor, value, type ModelSpec } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { writeSweep } from './write-sweep.js';

const SAMPLES = 6;

/**
 * Boxes `[3, 5]` through a layer that hardly changes them, and behind it NonMaxSuppression, an
 * index and a head.
 */
function detector(batch: number | string): ModelSpec {
  const weight = Float32Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? 1 : 0.003 * ((i % 5) - 2)));
  return {
    nodes: [
      node('MatMul', ['x', 'w'], 'h', [], 'neck'),
      node('Slice', ['h', 'i0', 'i4', 'i2'], 'corners'),
      node('Slice', ['h', 'i4', 'i5', 'i2'], 'column'),
      node('Transpose', ['column'], 'scores', [intsAttribute('perm', [0, 2, 1])]),
      node('NonMaxSuppression', ['corners', 'scores', 'most', 'iou', 'least'], 'selected'),
      node('Gather', ['selected', 'columns'], 'places', [intAttribute('axis', 1)]),
      node('GatherND', ['h', 'places'], 'rows'),
      node('ArgMax', ['scores'], 'which', [intAttribute('axis', 2), intAttribute('keepdims', 0)]),
      node('MatMul', ['h', 'w2'], 'features', [], 'head'),
      node('Transpose', ['features'], 'late', [intsAttribute('perm', [1, 0, 2])]),
      node('Identity', ['priors'], 'anchors'),
    ],
    inputs: [value('x', [batch, 3, 5])],
    outputs: [
      value('rows', ['found', 5]),
      value('which', [batch, 1], TensorProto_DataType.INT64),
      value('late', [3, batch, 2]),
      value('anchors', [4, 2]),
    ],
    initializers: [
      tensor('w', [5, 5], weight),
      tensor('w2', [5, 2], randomFloats(3, 10)),
      tensor('priors', [4, 2], randomFloats(4, 8)),
      ...[0, 2, 4, 5].map((number) => int64Tensor(`i${number}`, [number])),
      int64Tensor('columns', [0, 2]),
      int64Tensor('most', [10]),
      tensor('iou', [1], [0.5]),
      tensor('least', [1], [0.5]),
    ],
  };
}

/** Scores of the three boxes of each sample: 1, 0, 3, 2, 1 and 0 are above 0.5. */
const scores = [
  [0.9, 0.1, 0.2],
  [0.1, 0.2, 0.1],
  [0.9, 0.7, 0.8],
  [0.9, 0.8, 0.1],
  [0.1, 0.2, 0.9],
  [0.2, 0.1, 0.1],
];

function folderWith(batch: number | string, choice: Parameters<typeof writeSweep>[3]): string {
  const folder = temporaryFolder();
  const samples = scores.flatMap((own) => own.flatMap((score, box) => [box * 3, 0, box * 3 + 1, 1, score]));
  writeFileSync(join(folder, 'x.npy'), npyArray('<f4', [SAMPLES, 3, 5], Float32Array.from(samples)));
  writeSweep(folder, detector(batch), [3, 5], {
    ...{ calibration: 'format: npy, path: x.npy', evaluation: 'format: npy, path: x.npy' },
    ...choice,
  });
  return folder;
}

const MODULE = `
export default () => ({
  metric: 'kept',
  needsReference: true,
  evaluate(output, { sample, shape, outputs, reference, references, name, size, placement }) {
    const { rows, which, late, anchors } = outputs;
    const found = ${JSON.stringify(scores)}[sample].filter((score) => score > 0.5).length;
    const problems = [
      [Object.keys(outputs).join(), Object.keys(outputs).join() === Object.keys(references).join()],
      ['rows ' + rows.shape, rows.shape[1] === 5 && rows.data.length === rows.shape[0] * 5],
      ['found ' + references.rows.shape, references.rows.shape[0] === found],
      ['output', output.length === rows.data.length && shape.join() === rows.shape.join()],
      ['reference', reference.length === references.rows.data.length],
      ['late ' + late.shape, late.shape.join() === '3,2'],
      ['anchors ' + anchors.shape, anchors.shape.join() === '4,2'],
      ['which ' + which?.shape, which === undefined || (which.shape.join() === '1' && Number.isInteger(which.data[0]))],
      ['origin', name === null && size === null && placement === null],
    ].filter(([, isRight]) => !isRight);
    if (problems.length > 0) throw new Error(problems.map(([what]) => what).join('; '));
    return rows.shape[0] === found ? 1 : 0;
  },
  summarize: (kept) => kept.reduce((a, b) => a + b, 0) / kept.length,
});
`;

const COMMAND = `
import { readFileSync } from 'node:fs';
const folder = process.argv[2];
const { samples, outputs } = JSON.parse(readFileSync(folder + '/samples.json', 'utf8'));
const rows = outputs.find(({ name }) => name === 'rows').rows;
const isRight = samples === ${SAMPLES} && rows.join() === '1,0,3,2,1,0' && outputs.length === 3;
console.log(JSON.stringify({ value: isRight ? 1 : 0, metrics: { late: outputs[1].shape.join() === '6,3,2' ? 1 : 0 } }));
`;

async function run(folder: string, ...more: readonly string[]) {
  const ended = await quantsweep(folder, 'run', 'sweep.yaml', ...more);
  expect(ended.stderr + ended.stdout).not.toMatch(/\n\s+at /);
  return ended;
}

function trialsOf(folder: string) {
  return queryDatabase(
    join(folder, 'q.db'),
    'SELECT role, status, value, gate_judged_by, output_divergence FROM v_trial',
  ).rows;
}

describe('a detector with several outputs, whose boxes are as many as are found', () => {
  it.each<[number | string]>([['N'], [1]])(
    'is swept by a module that gets all of them (batch %s), with every kind of search',
    async (batch) => {
      const folder = folderWith(batch, {
        task: '{ kind: module, path: metric.mjs, bootstrap: 10 }',
        grid: `[
  { smoothing.alpha: [0.5] },
  { smoothing.mode: dynamic, search.order: [isolated, sequential, output], search.candidates: [[0.3, 0.6]], search.samples: 4 },
  { layers.keepFloat: 1 },
  { quantization.biasCorrection.method: empirical }
]`,
      });
      writeFileSync(join(folder, 'metric.mjs'), MODULE);
      const { code, stderr } = await run(folder, '--allow-code');
      expect(stderr).toBe('');
      expect(code).toBe(0);
      const trials = trialsOf(folder);
      expect(trials).toHaveLength(10);
      for (const [role, status, kept, , divergence] of trials) {
        expect([status, kept]).toEqual(['done', 1]);
        if (role !== 'fp32') expect(divergence).toBeGreaterThan(0);
      }
    },
  );

  it('is swept by a command, which gets a file for each', async () => {
    const folder = folderWith('N', {
      task: `{ kind: command, command: [${JSON.stringify(process.execPath)}, judge.mjs, '{folder}'], metric: right }`,
    });
    writeFileSync(join(folder, 'judge.mjs'), COMMAND);
    const { code, stderr } = await run(folder, '--allow-code');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(trialsOf(folder).map(([role, status, right]) => [role, status, right])).toEqual([
      ['fp32', 'done', 1],
      ['unsmoothed', 'done', 1],
      ['candidate', 'done', 1],
    ]);
  });

  it('plan says what is evaluated, and what is not', async () => {
    const folder = folderWith('N', {});
    const all = await quantsweep(folder, 'plan', 'sweep.yaml');
    expect(all.stdout).toContain(
      'model.onnx: evaluated by task fidelity: "rows" [N, ?, 5], "late" [N, 3, 2], "anchors" [N, 4, 2]',
    );
    expect(all.stdout).toContain('1 output is not scored, and may change unseen: "which".');
    const one = await quantsweep(folder, 'plan', 'sweep.yaml', '--set', 'model.output=late');
    expect(one.stdout).toContain('3 outputs are not scored, and may change unseen: "rows", "which", "anchors".');
    const both = await quantsweep(
      folder,
      ...['plan', 'sweep.yaml', '--set', 'model.output=late', '--set', 'model.outputs=[late]'],
    );
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('model.output or model.outputs, got both')]);
  });
});
