import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ModelError } from '../../../src/onnx/model-error.js';
import {
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
} from '../../../src/onnx/proto/onnx_pb.js';
import { readFloatTensor } from '../../../src/onnx/tensor.js';
import { readModelFile } from '../../../src/engine/session/model-file.js';
import { modelBytes, node, tensor } from '../../onnx/build-model.js';

const root = mkdtempSync(join(tmpdir(), 'quantsweep-model-'));
const folder = join(root, 'models');
mkdirSync(folder);
afterAll(() => {
  rmSync(root, { recursive: true });
});

const weights = Buffer.from(Float32Array.of(0, 1, 2, 3).buffer);
writeFileSync(join(folder, 'w.bin'), weights);
writeFileSync(join(root, 'secret.bin'), weights);

mkdirSync(join(folder, 'inner'));
symlinkSync('loop.bin', join(folder, 'loop.bin'));
symlinkSync(root, join(folder, 'out'));
execFileSync('mkfifo', [join(folder, 'pipe')]);

const conv = modelBytes({
  nodes: [node('Conv', ['x', 'w'], 'y')],
  initializers: [tensor('w', [1, 2, 1, 1], [1, 2])],
});

/** Writes the model with its weight in external data and returns its path. */
function withExternal(entries: Readonly<Record<string, string>>): string {
  const proto = fromBinary(ModelProtoSchema, conv);
  const [w] = proto.graph!.initializer;
  w!.rawData = new Uint8Array(0);
  w!.dataLocation = TensorProto_DataLocation.EXTERNAL;
  w!.externalData = Object.entries(entries).map(([key, text]) =>
    create(StringStringEntryProtoSchema, { key, value: text }),
  );
  const path = join(folder, 'external.onnx');
  writeFileSync(path, toBinary(ModelProtoSchema, proto));
  return path;
}

function weightOf(path: string): number[] {
  return [...readFloatTensor(readModelFile(path).model.index.initializers.get('w')!)];
}

describe('readModelFile', () => {
  it('reads a file, its size and its hash', () => {
    const path = join(folder, 'plain.onnx');
    writeFileSync(path, conv);
    const { sha256, sizeBytes, model } = readModelFile(path);
    expect(sizeBytes).toBe(conv.length);
    expect(sha256).toBe(createHash('sha256').update(conv).digest('hex'));
    expect(model.graph.node).toHaveLength(1);
  });

  it('reads external data from an offset, with and without a length', () => {
    expect(weightOf(withExternal({ location: 'w.bin', offset: '4', length: '8' }))).toEqual([1, 2]);
    expect(weightOf(withExternal({ location: 'w.bin', offset: '8' }))).toEqual([2, 3]);
    expect(weightOf(withExternal({ location: './w.bin', length: '8' }))).toEqual([0, 1]);
  });

  it('counts external data in hash and size', () => {
    const path = withExternal({ location: 'w.bin', length: '8' });
    const before = readModelFile(path);
    writeFileSync(join(folder, 'w.bin'), Buffer.from(Float32Array.of(9, 1, 2, 3).buffer));
    const after = readModelFile(path);
    writeFileSync(join(folder, 'w.bin'), weights);
    expect(after.sha256).not.toBe(before.sha256);
    expect(readModelFile(path).sha256).toBe(before.sha256);
  });

  it.each<[string, Record<string, string>, string]>([
    ['is missing', { location: 'gone.bin' }, 'External data file "gone.bin" is missing beside the model.'],
    ['lies above the folder', { location: '../secret.bin', length: '8' }, '"../secret.bin" lies outside'],
    ['lies above the folder on a crooked way', { location: 'a/../../secret.bin', length: '8' }, 'lies outside'],
    ['has an absolute path', { location: '/etc/passwd' }, '"/etc/passwd" lies outside'],
    ['is the folder itself', { location: '.' }, '"." lies outside'],
    ['ends too early', { location: 'w.bin', offset: '12', length: '8' }, '"w.bin": expected 8 bytes at 12, got 4.'],
    [
      'starts behind its end',
      { location: 'w.bin', offset: '100' },
      '"w.bin": expected data at 100, got a file of 16 bytes.',
    ],
    [
      'has a length that is no number',
      { location: 'w.bin', length: '8x' },
      'external data length to be a byte count, got "8x"',
    ],
    ['has a negative offset', { location: 'w.bin', offset: '-4' }, 'external data offset to be a byte count, got "-4"'],
    ['is of another length than its shape', { location: 'w.bin', length: '16' }, 'for shape [1, 2, 1, 1], got 16'],
    [
      'has a zero byte in its name',
      { location: 'w.bin\0' },
      'expected a file beside the model, got ERR_INVALID_ARG_VALUE',
    ],
    ['has a name that no file can have', { location: 'l'.repeat(300) }, 'a file beside the model, got ENAMETOOLONG'],
    ['is a folder', { location: 'inner' }, '"inner": expected a file, got a folder or a device.'],
    ['is a pipe', { location: 'pipe' }, '"pipe": expected a file, got a folder or a device.'],
    ['is a link in a circle', { location: 'loop.bin' }, '"loop.bin": expected a file beside the model, got ELOOP.'],
    ['is reached by a folder that leads outside', { location: 'out/secret.bin' }, 'is a link that leads outside'],
    ['has no location', { offset: '0' }, 'has external data, but no file for it is given'],
  ])('refuses external data that %s', (_, entries, message) => {
    const path = withExternal(entries);
    expect(() => readModelFile(path)).toThrow(message);
    expect(() => readModelFile(path)).toThrow(ModelError);
  });

  it('refuses external data of fewer bytes than the shape needs once it is read', () => {
    expect(() => weightOf(withExternal({ location: 'w.bin', length: '4' }))).toThrow(
      'expected 8 bytes for shape [1, 2, 1, 1], got 4',
    );
  });

  it('refuses a link that leads outside the folder', () => {
    symlinkSync(join(root, 'secret.bin'), join(folder, 'link.bin'));
    expect(() => readModelFile(withExternal({ location: 'link.bin', length: '8' }))).toThrow(
      '"link.bin" is a link that leads outside',
    );
  });

  it('refuses external data with holes of terabytes by its length', () => {
    writeFileSync(join(folder, 'huge.bin'), '');
    truncateSync(join(folder, 'huge.bin'), 2 ** 40);
    expect(() => readModelFile(withExternal({ location: 'huge.bin', length: String(2 ** 40) }))).toThrow(
      'expected 8 bytes for shape [1, 2, 1, 1], got 1099511627776 of external data',
    );
  });

  it('names the file in every message', () => {
    const path = join(folder, 'cut.onnx');
    writeFileSync(path, conv.subarray(0, conv.length - 30));
    expect(() => readModelFile(path)).toThrow(`${path}: Expected`);
    expect(() => readModelFile(join(folder, 'gone.onnx'))).toThrow(
      'gone.onnx: Expected a model file, got nothing there.',
    );
    expect(() => readModelFile(folder)).toThrow('models: Expected a model file, got a folder.');
  });
});
