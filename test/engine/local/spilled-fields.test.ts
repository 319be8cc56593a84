import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { JobCaches } from '../../../src/engine/jobs/job-caches.js';
import type { Job } from '../../../src/engine/jobs/jobs.js';
import { readFields } from '../../../src/engine/local/read-fields.js';
import { SpilledFields } from '../../../src/engine/local/spilled-fields.js';

const fields = new SpilledFields();
afterEach(() => {
  fields.close();
});

/** A job with numbers of so many MiB in a nested place. */
function job(mebibytes: number, fill = 1): Job & { readonly observation: object } {
  const numbers = new Float64Array((mebibytes * 2 ** 20) / 8).fill(fill);
  return { kind: 'numerics', observation: { inputs: [new Map([['a', numbers]])], name: 'x' } } as unknown as Job & {
    readonly observation: object;
  };
}

describe('large fields of jobs', () => {
  it('come back from a file, small ones in the message', () => {
    const large = job(2);
    const { spilled } = fields.hold(large);
    expect(spilled.job).toEqual({ kind: 'numerics' });
    expect(readFields(spilled, new JobCaches())).toEqual(large);
    const small = job(0.5);
    expect(fields.hold(small).spilled).toEqual({ job: small, files: {} });
  });

  it('are written once for each object, into a folder of the user alone', () => {
    const large = job(1);
    const paths = [large, { ...large }, job(1)].map((each) => fields.hold(each).spilled.files['observation']!);
    expect(paths[1]).toBe(paths[0]);
    expect(paths[2]).not.toBe(paths[0]);
    expect(statSync(dirname(paths[0]!)).mode & 0o777).toBe(0o700);
    expect(statSync(paths[0]!).mode & 0o777).toBe(0o600);
  });

  it('are read once by a child that gets the same again', () => {
    const large = job(1);
    const caches = new JobCaches();
    const read = (from: Job): unknown => (readFields(fields.hold(from).spilled, caches) as typeof large).observation;
    const first = read(large);
    expect(read(large)).toBe(first);
    expect(read(job(1, 2))).not.toBe(first);
    expect(read(large)).not.toBe(first);
    expect(read(large)).toEqual(first);
  });

  it('stay while a job has them, few stay after that, and none at the end', () => {
    const held = fields.hold(job(1));
    const [path] = Object.values(held.spilled.files);
    for (let i = 0; i < 10; i++) fields.hold(job(1)).release();
    expect(existsSync(path!)).toBe(true);
    expect(readdirSync(dirname(path!)).length).toBeLessThanOrEqual(3);
    held.release();
    fields.close();
    expect(existsSync(dirname(path!))).toBe(false);
  });

  it('are written anew where somebody tidied the temporary folder up, or where they were dropped', () => {
    const large = job(1);
    const first = fields.hold(large);
    fields.close();
    const again = fields.hold(large);
    expect(readFields(again.spilled, new JobCaches())).toEqual(large);
    first.release();
    again.release();
    for (let i = 0; i < 5; i++) fields.hold(job(1)).release();
    expect(readFields(fields.hold(large).spilled, new JobCaches())).toEqual(large);
  });
});
