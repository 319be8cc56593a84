import { readFileSync } from 'node:fs';
import { deserialize } from 'node:v8';
import { LastOne, type Cache, type JobCaches } from '../jobs/job-caches.js';
import type { Job } from '../jobs/jobs.js';
import type { SpilledJob } from './spilled-fields.js';

const lastRead: Cache<Map<string, LastOne<unknown>>> = { start: () => new Map() };

/**
 * A job with the fields that lie in files, see `SpilledFields`. The last value of each field stays:
 * most jobs of a child read the same as the one before.
 */
export function readFields({ job, files }: SpilledJob, caches: JobCaches): Job {
  const ofField = caches.of(lastRead);
  const read = Object.entries(files).map(([field, path]) => {
    const last = ofField.get(field) ?? new LastOne<unknown>();
    ofField.set(field, last);
    const known = last.get(path);
    if (known !== undefined) return [field, known] as const;
    last.release();
    return [field, last.set(path, deserialize(readFileSync(path)))] as const;
  });
  return { ...job, ...Object.fromEntries(read) };
}
