import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SurroundingsError } from '../../errors/surroundings-error.js';
import { removeTemporary, temporaryFolder } from '../../formats/io/scratch-folder.js';
import type { SampleOrigin } from '../../formats/sample-origin.js';
import type { OutputTensor, SampleBatch } from '../metric.js';
import { MetricError } from '../metric-error.js';
import { coverSamples, type SampleCoverage } from '../sample-coverage.js';
import { fileNames } from './file-names.js';
import { NpyStream } from './npy-stream.js';
import { sizeText } from './predictions-size.js';

/** Where the outputs of all samples lie. */
export interface WrittenPredictions {
  readonly folder: string;
  /** Path of the `.npy` file of each output, in their order. */
  readonly files: ReadonlyMap<string, string>;
}

/** An output with its file. */
interface OutputFile {
  readonly name: string;
  readonly path: string;
  readonly stream: NpyStream;
}

/**
 * Writes the outputs of samples to disk as they come, so that memory does not grow with them: a
 * `.npy` file for each output, and at the end `samples.json` with names, sizes and placements of
 * the samples. All lies in a temporary folder.
 */
export class PredictionFiles {
  readonly coverage: SampleCoverage;
  readonly #origins = new Map<number, SampleOrigin>();
  #folder: string | null = null;
  #outputs: readonly OutputFile[] = [];
  #isOpen = false;

  constructor(sampleCount: number) {
    this.coverage = new Uint8Array(sampleCount);
  }

  /**
   * @throws MetricError where shapes change, or a sample comes twice; SurroundingsError where the
   *   disk has no room for the outputs of all samples
   */
  add({ first, count, outputs, origins }: SampleBatch): void {
    for (const { name, dims } of outputs) {
      if (dims[0] !== count) {
        throw new MetricError(`Expected output "${name}" of shape [${count}, ...], got [${dims.join(', ')}]`);
      }
    }
    coverSamples(this.coverage, first, count);
    if (this.#folder === null) this.#open(outputs, count);
    for (const [index, { data, dims }] of outputs.entries()) {
      this.#outputs[index]!.stream.add(first, count, data, dims.slice(1));
    }
    for (const [index, origin] of (origins ?? []).entries()) this.#origins.set(first + index, origin);
  }

  /** Completes the files. At least one sample came. */
  finish(): WrittenPredictions {
    const folder = this.#folder!;
    const described = this.#outputs.map(({ name, path, stream }) => {
      const { arrayShape, rows } = stream;
      return { name, file: path.slice(folder.length + 1), shape: arrayShape, rows };
    });
    for (const { stream } of this.#outputs) stream.finish();
    this.#isOpen = false;
    const of = <T>(field: (origin: SampleOrigin) => T | null): readonly (T | null)[] | null => {
      if (this.#origins.size === 0) return null;
      return Array.from(this.coverage, (_, sample) => {
        const origin = this.#origins.get(sample);
        return origin === undefined ? null : field(origin);
      });
    };
    const samples = {
      samples: this.coverage.length,
      outputs: described,
      names: of(({ name }) => name),
      sizes: of(({ size }) => size),
      placements: of(({ placement }) => placement),
    };
    writeFileSync(join(folder, 'samples.json'), JSON.stringify(samples));
    return { folder, files: new Map(this.#outputs.map(({ name, path }) => [name, path])) };
  }

  /** Removes everything that was written. */
  remove(): void {
    if (this.#isOpen) for (const { stream } of this.#outputs) stream.close();
    this.#isOpen = false;
    if (this.#folder !== null) removeTemporary(this.#folder);
  }

  #open(outputs: readonly OutputTensor[], count: number): void {
    const folder = temporaryFolder('predictions');
    this.#folder = folder;
    checkRoom(folder, this.coverage.length * outputs.reduce((sum, { data }) => sum + data.byteLength / count, 0));
    const files = fileNames(outputs.map(({ name }) => name));
    this.#outputs = outputs.map(({ name, dims }, index) => {
      const path = join(folder, `${files[index]!}.npy`);
      return { name, path, stream: new NpyStream(path, name, this.coverage.length, dims.slice(1)) };
    });
    this.#isOpen = true;
  }
}

/** @throws SurroundingsError where the disk has no room for so many bytes */
function checkRoom(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bytes <= bavail * bsize) return;
  const room = sizeText(bavail * bsize);
  throw new SurroundingsError(
    `The predictions for task command take ${sizeText(bytes)}, and the disk has ${room} left`,
    'ENOSPC',
  );
}
