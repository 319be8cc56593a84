import { Worker } from 'node:worker_threads';
import { elementCount } from '../onnx/tensor.js';
import type { Dataset } from './dataset.js';
import type { AheadSource, ReadAnswer, ReadRequest } from './read-ahead-messages.js';

/** The samples `start .. start + count - 1`, on their way from the thread. */
interface Ahead {
  readonly start: number;
  readonly count: number;
  readonly samples: Promise<Float32Array | null>;
}

/**
 * A dataset whose next batch is read and preprocessed while the caller is busy with the one before:
 * on a device the thread that waits for it can do nothing else. After each read a thread reads as
 * many samples as followed; a read of those, or of the first of them, takes them as they are. Gives
 * the same numbers as the dataset itself. What fails in the thread is read again here, which throws
 * the error as it is.
 *
 * @param entry the compiled `read-ahead-thread.js`
 */
export function readAhead(dataset: Dataset, opened: AheadSource, entry: URL): Dataset {
  const { sampleCount, sampleShape } = dataset;
  const size = elementCount(sampleShape);
  const thread = new Worker(entry, { workerData: opened });
  const waiting = new Map<number, (samples: Float32Array | null) => void>();
  let isAlive = true;
  const giveUp = (): void => {
    isAlive = false;
    for (const resolve of waiting.values()) resolve(null);
    waiting.clear();
  };
  thread.on('message', ({ id, samples }: ReadAnswer) => {
    waiting.get(id)?.(samples);
    waiting.delete(id);
  });
  thread.on('error', giveUp);
  thread.on('exit', giveUp);
  let nextId = 0;
  let ahead: Ahead | null = null;
  /** Where the last read ended. */
  let end = 0;

  function request(start: number, count: number): Ahead {
    const id = nextId++;
    const samples = new Promise<Float32Array | null>((resolve) => waiting.set(id, resolve));
    thread.postMessage({ id, start, count } satisfies ReadRequest);
    return { start, count, samples };
  }

  return {
    ...dataset,
    async read(start, count, into) {
      const taken = ahead?.start === start && ahead.count >= count ? ahead : null;
      const following = Math.min(count, sampleCount - start - count);
      // Samples in another order than they lie come one by one from anywhere: there is nothing to
      // foresee.
      const isInOrder = start === 0 || start === end;
      end = start + count;
      // Asked for before this one is waited for: the thread goes from one to the next.
      ahead = isAlive && isInOrder && count > 0 && following > 0 ? request(start + count, following) : null;
      const samples = (await taken?.samples) ?? null;
      if (samples === null) await dataset.read(start, count, into);
      else into.set(samples.subarray(0, count * size));
    },
    close() {
      giveUp();
      void thread.terminate();
      dataset.close();
    },
  };
}
