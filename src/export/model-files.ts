import { basename } from 'node:path';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { splitModel } from '../onnx/split-model.js';
import type { NewFile } from './write-files.js';

/** What a model is written as. */
export interface ModelFiles {
  /** The `.onnx` file and, where its weights are outside, that with them. */
  readonly files: readonly NewFile[];
  /** Of all. */
  readonly sizeBytes: number;
}

/**
 * The files of a model: one, or beside it `PATH.data` with the weights (ONNX external data) where
 * one would have more than `largest` bytes.
 *
 * @throws ModelError where it is too large without its weights
 */
export function modelFiles(path: string, model: OnnxModel, largest: number): ModelFiles {
  const name = `${basename(path)}.data`;
  const { bytes, external } = splitModel(model, name, largest);
  const file = { path, content: () => bytes };
  if (external.length === 0) return { files: [file], sizeBytes: bytes.length };
  const pieces: Uint8Array[] = [];
  let end = 0;
  for (const { offset, data } of external) {
    pieces.push(new Uint8Array(offset - end), data);
    end = offset + data.length;
  }
  return { files: [file, { path: `${path}.data`, content: () => pieces }], sizeBytes: bytes.length + end };
}
