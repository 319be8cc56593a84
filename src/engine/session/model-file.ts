import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, readSync, realpathSync, statSync, type Stats } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { kindOfFile } from '../../formats/io/kind-of-file.js';
import { ModelError } from '../../onnx/model-error.js';
import { decodeModel, LARGEST_MODEL_BYTES, type OnnxModel } from '../../onnx/onnx-model.js';

export interface ModelFile {
  readonly path: string;
  /** Hash of the file's bytes and, where it has them, of its external data. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly model: OnnxModel;
}

/**
 * Reads an `.onnx` file and the external data beside it. Paths of external data stay inside the
 * file's folder. The file itself and each tensor hold at most 2 GB, all together as much as memory.
 *
 * @throws ModelError naming the file and what is wrong
 */
export function readModelFile(path: string): ModelFile {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const take = (bytes: Uint8Array): Uint8Array => {
    hash.update(bytes);
    sizeBytes += bytes.length;
    if (sizeBytes > totalmem()) {
      throw new ModelError(
        `Expected a model that fits into this machine's memory of ${totalmem()} bytes with its external data, got more.`,
      );
    }
    return bytes;
  };
  try {
    const model = decodeModel(take(readWhole(path)), (location, offset, length) =>
      take(readPart(dirname(path), location, offset, length)),
    );
    return { path, sha256: hash.digest('hex'), sizeBytes, model };
  } catch (cause) {
    if (cause instanceof ModelError) throw new ModelError(`${path}: ${cause.message}`, { cause });
    throw cause;
  }
}

function readWhole(path: string): Uint8Array {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new ModelError(
      'Expected a model file, got nothing there. Check model.path, or give another file: --set model.path=FILE.',
    );
  // Opening a pipe would wait for somebody to write into it, and a device may never end.
  if (!stat.isFile()) throw new ModelError(`Expected a model file, got ${kindOfFile(stat)}. Check model.path.`);
  if (stat.size > LARGEST_MODEL_BYTES) throw new ModelError(`Expected a file of at most 2 GB, got ${stat.size} bytes.`);
  return readFileSync(path);
}

function readPart(folder: string, location: string, offset: number, length: number | null): Uint8Array {
  const path = join(folder, location);
  if (!isInside(folder, path) || isAbsolute(location)) {
    throw new ModelError(`External data "${location}" lies outside the model's folder; it is not read.`);
  }
  const stat = statOf(path, location);
  if (stat === null) throw new ModelError(`External data file "${location}" is missing beside the model.`);
  if (!isInside(realpathSync(folder), realpathSync(path))) {
    throw new ModelError(
      `External data "${location}" is a link that leads outside the model's folder; it is not read.`,
    );
  }
  // Opening a pipe would wait for somebody to write into it.
  if (!stat.isFile()) throw new ModelError(`External data "${location}": expected a file, got a folder or a device.`);
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const available = size - offset;
    if (available < 0) {
      throw new ModelError(`External data "${location}": expected data at ${offset}, got a file of ${size} bytes.`);
    }
    const wanted = length ?? available;
    if (wanted > available) {
      throw new ModelError(`External data "${location}": expected ${wanted} bytes at ${offset}, got ${available}.`);
    }
    if (wanted > LARGEST_MODEL_BYTES) {
      throw new ModelError(`External data "${location}": expected at most 2 GB, got ${wanted} bytes.`);
    }
    const bytes = new Uint8Array(wanted);
    let done = 0;
    while (done < wanted) {
      const count = readSync(file, bytes, done, Math.min(wanted - done, 2 ** 30), offset + done);
      if (count === 0) throw new ModelError(`External data "${location}" became shorter while it was read.`);
      done += count;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

/**
 * Null where there is nothing; names that can't be one (too long, with a zero byte) or go in
 * circles are refused.
 */
function statOf(path: string, location: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new ModelError(`External data "${location}": expected a file beside the model, got ${code}.`, { cause });
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && !way.startsWith('..') && !isAbsolute(way);
}
