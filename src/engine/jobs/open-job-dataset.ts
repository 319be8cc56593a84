import { formatOf, type DataSource } from '../../formats/data-source.js';
import type { Dataset } from '../../formats/dataset.js';
import { openDataset } from '../../formats/open-dataset.js';
import { permutedDataset } from '../../formats/permuted-dataset.js';
import type { PreprocessSettings } from '../../formats/preprocess/preprocess-settings.js';
import { readAhead } from '../../formats/read-ahead.js';
import { providers } from '../providers/providers.js';
import { LastOne, type Cache } from './job-caches.js';
import type { JobContext } from './job-context.js';

const lastOpened: Cache<LastOne<Dataset>> = { start: () => new LastOne() };

/**
 * Opens a job's samples; the last ones stay open, as most jobs of a process read the same. Where a
 * device does the work, the next batch is read meanwhile; on the CPU, whose cores the children
 * fill, that would gain nothing.
 *
 * @param sampleSeed of the order of calibration samples; null: as they lie
 */
export async function openJobDataset(
  source: DataSource,
  preprocess: PreprocessSettings,
  { session, caches }: Pick<JobContext, 'session' | 'caches'>,
  sampleSeed: number | null = null,
): Promise<Dataset> {
  const last = caches.of(lastOpened);
  const key = JSON.stringify([source, preprocess, sampleSeed]);
  const before = last.get(key);
  if (before !== undefined) return before;
  last.release()?.close();
  const opened = await openDataset(source, preprocess);
  const ordered = sampleSeed === null ? opened : permutedDataset(opened, sampleSeed);
  // Code of the user's own is run once, in the thread that it expects.
  const isAhead = providers[session.provider].readsAhead && formatOf(source).code(source) === null;
  return last.set(key, isAhead ? readAhead(ordered, { source, preprocess, sampleSeed }, readingThread) : ordered);
}

/** Compiled beside this file's folder. */
const readingThread = new URL('../../formats/read-ahead-thread.js', import.meta.url);
