import { rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { InputIdentity } from '../../../src/formats/input-identity.js';
import { identifyInput } from '../../../src/formats/input-identity.js';
import { sourceFiles } from '../../../src/formats/source-files.js';
import { JobCaches } from '../../../src/engine/jobs/job-caches.js';
import { runJob } from '../../../src/engine/jobs/run-job.js';
import { checkUnchanged, InputChangedError } from '../../../src/engine/jobs/unchanged-inputs.js';
import { npyArray } from '../../formats/write-files.js';
import { observeJob, oneThread, temporaryFiles, writeModel, writeSamples } from '../small-experiment.js';

const write = temporaryFiles();
const source = writeSamples(write) as ReturnType<typeof writeSamples> & {
  readonly path: string;
  readonly labels: string;
};
let identity: InputIdentity;
const caches = new JobCaches();

beforeEach(async () => {
  writeSamples(write);
  identity = await identifyInput(source);
});

describe('checkUnchanged', () => {
  it('passes what is as planned, also after its files were touched', async () => {
    await checkUnchanged([identity], caches);
    utimesSync(source.path, new Date(0), new Date(1));
    await checkUnchanged([identity], caches);
    await checkUnchanged([identity], caches);
  });

  it('refuses changed labels, naming the source', async () => {
    writeFileSync(source.labels, npyArray('<i4', [21], new Int32Array(21)));
    await expect(checkUnchanged([identity], caches)).rejects.toThrow(
      `${source.path}: the data changed during the sweep.`,
    );
  });

  it('refuses changed bytes of the same length and time', async () => {
    const { atime, mtime } = statSync(source.path);
    writeFileSync(source.path, npyArray('<f4', [21, 3, 6, 6], new Float32Array(21 * 108)));
    utimesSync(source.path, atime, mtime);
    await expect(checkUnchanged([identity], caches)).rejects.toThrow('changed during the sweep');
  });

  it('refuses a file that is gone', async () => {
    rmSync(source.path);
    await expect(checkUnchanged([identity], caches)).rejects.toThrow('changed during the sweep');
  });

  it('has nothing to say of generated data', async () => {
    const drawn = { distribution: 'normal', channelScales: null, seed: 1, count: 2 } as const;
    const generated = { format: 'synthetic', shape: [2, 3], ...drawn } as const;
    expect(sourceFiles(generated)).toEqual([]);
    await checkUnchanged([await identifyInput(generated)], caches);
  });
});

describe('a job whose data changes while it runs', () => {
  it('ends with that, not with the failure that came of it', async () => {
    // Cut short, as a file is that is just being written: the next read of samples finds their end
    // missing.
    const job = runJob(
      observeJob(writeModel(write, 'N'), source),
      oneThread,
      () => {
        truncateSync(source.path, 200);
      },
      { batchLimit: null, inputs: [identity] },
    );
    await expect(job).rejects.toThrow(InputChangedError);
  });
});
