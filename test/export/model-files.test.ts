import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { expect, it, onTestFinished } from 'vitest';
import { readModelFile } from '../../src/engine/session/model-file.js';
import { modelFiles } from '../../src/export/model-files.js';
import { keepSource } from '../../src/export/trial-source.js';
import { writeFiles } from '../../src/export/write-files.js';
import { encodeModel } from '../../src/onnx/onnx-model.js';
import { buildModel, node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';

const model = buildModel({
  nodes: [node('MatMul', ['x', 'a'], 'm'), node('MatMul', ['m', 'b'], 'y')],
  inputs: [value('x', ['N', 20])],
  initializers: [tensor('a', [20, 30], randomFloats(1, 600)), tensor('b', [30, 17], randomFloats(2, 510))],
});

function written(largest: number): { readonly path: string; readonly sizeBytes: number } {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-files-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, 'm.onnx');
  const { files, sizeBytes } = modelFiles(path, model, largest);
  writeFiles(files, false);
  return { path, sizeBytes };
}

it('writes one file where that holds the model', () => {
  const { path, sizeBytes } = written(100_000);
  expect(readFileSync(path)).toEqual(Buffer.from(encodeModel(model)));
  expect(sizeBytes).toBe(statSync(path).size);
});

it('writes the weights beside it where one file would be too large; both are read as the model', async () => {
  const { path, sizeBytes } = written(4000);
  expect(statSync(`${path}.data`).size).toBe(4096 + 2040);
  expect(sizeBytes).toBe(statSync(path).size + 4096 + 2040);
  const { initializer } = readModelFile(path).model.graph;
  expect(initializer.map(({ rawData }) => rawData)).toEqual(
    model.graph.initializer.map(({ rawData }) => new Uint8Array(rawData)),
  );
  const session = await ort.InferenceSession.create(path);
  const x = new ort.Tensor('float32', randomFloats(4, 40), [2, 20]);
  const whole = await ort.InferenceSession.create(encodeModel(model));
  expect((await session.run({ x }))['y']!.data).toEqual((await whole.run({ x }))['y']!.data);
  await session.release();
  await whole.release();
});

it('never replaces the external data of the model that a trial is of', () => {
  const { path } = written(4000);
  expect(() => {
    keepSource(`${path}.data`, path);
  }).toThrow(/own model/);
  expect(() => {
    keepSource(join(path, '..', 'other.onnx'), path);
  }).not.toThrow();
});
