import { parentPort, workerData } from 'node:worker_threads';
import { elementCount } from '../onnx/tensor.js';
import type { Dataset } from './dataset.js';
import { openDataset } from './open-dataset.js';
import { permutedDataset } from './permuted-dataset.js';
import type { AheadSource, ReadAnswer, ReadRequest } from './read-ahead-messages.js';

/** Entry of a thread that reads samples ahead, in the order in which they are asked for. */
function main(): void {
  const { source, preprocess, sampleSeed } = workerData as AheadSource;
  const opening = openDataset(source, preprocess).then((dataset) =>
    sampleSeed === null ? dataset : permutedDataset(dataset, sampleSeed),
  );
  let last: Promise<void> = opening.then(
    () => undefined,
    () => undefined,
  );
  parentPort!.on('message', (request: ReadRequest) => {
    last = last.then(() => answer(opening, request));
  });
}

async function answer(opening: Promise<Dataset>, { id, start, count }: ReadRequest): Promise<void> {
  // What fails here is read again by the caller, who sees the error as it is.
  const samples = await read(opening, start, count).catch(() => null);
  parentPort!.postMessage({ id, samples } satisfies ReadAnswer, samples === null ? [] : [samples.buffer]);
}

async function read(opening: Promise<Dataset>, start: number, count: number): Promise<Float32Array<ArrayBuffer>> {
  const dataset = await opening;
  const samples = new Float32Array(count * elementCount(dataset.sampleShape));
  await dataset.read(start, count, samples);
  return samples;
}

main();
