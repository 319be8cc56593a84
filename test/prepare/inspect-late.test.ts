import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { localEngine } from '../../src/engine/local/local-engine.js';
import { localExecutor } from '../../src/engine/local/local-executor.js';
import { prepareSweep } from '../../src/prepare/prepare-sweep.js';
import { loadExperiment } from '../../src/api/load-experiment.js';
import { temporaryFolder } from '../cli/command-line.js';
import { int64Tensor } from '../../src/onnx/tensor.js';
import { node, tensor, value } from '../onnx/build-model.js';
import { writeSweep } from '../field/write-sweep.js';

const open = localExecutor(new URL('../../dist/engine/local/worker-main.js', import.meta.url));

/**
 * A YOLOv8-like head of two classes on 64 boxes. The model leaves the lengths of its output open,
 * as exports with a free batch do.
 */
const detector = {
  nodes: [node('Conv', ['x', 'w'], 'map'), node('Reshape', ['map', 'shape'], 'boxes')],
  inputs: [value('x', ['N', 3, 8, 8])],
  outputs: [value('boxes', ['N', 'channels', 'cells'])],
  initializers: [
    tensor(
      'w',
      [6, 3, 1, 1],
      Array.from({ length: 18 }, (_, index) => index / 18),
    ),
    int64Tensor('shape', [0, 6, 64]),
  ],
};

/** What `plan` says of a sweep whose truth has these classes. */
async function notesFor(classes: readonly string[]): Promise<readonly string[]> {
  const folder = temporaryFolder();
  const truth = {
    images: [{ id: 1, width: 8, height: 8, file_name: 'a.png' }],
    annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 1, 4, 4] }],
    categories: classes.map((name, index) => ({ id: index + 1, name })),
  };
  writeFileSync(join(folder, 'truth.json'), JSON.stringify(truth));
  const file = writeSweep(folder, detector, [3, 8, 8], {
    task: '{ kind: detection, truth: truth.json, head: { kind: yolov8 } }',
    evaluation: 'format: synthetic, shape: [3, 8, 8], seed: 1, count: 1',
  });
  const { executor, inputs } = await prepareSweep(loadExperiment(join(folder, file)), {
    engine: localEngine(open),
    code: { use: 'plan', allowed: false },
  });
  await executor.close();
  return inputs.notes;
}

describe('a task of a model that leaves lengths of its outputs open', () => {
  it('is held against the shapes of a run before anything is swept', async () => {
    await expect(notesFor(['one'])).rejects.toThrow(
      /Expected an output of 1 class, by .*truth\.json \(one\), got one of 2/,
    );
    await expect(notesFor(['one', 'two', 'three'])).rejects.toThrow(/Expected an output of 3 classes, .* got one of 2/);
  });

  it('says what it found where notes of tasks stand, ahead of those of layers', async () => {
    const notes = await notesFor(['one', 'two']);
    const at = notes.findIndex((note) => note.endsWith('0 one, 1 two.'));
    expect(at).toBeGreaterThan(0);
    expect(notes.findIndex((note) => note.includes('layers are quantized'))).toBeGreaterThan(at);
  });
});
