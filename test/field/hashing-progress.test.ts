import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hashingProgress } from '../../src/cli/run/hashing-progress.js';
import { hashFile, hashSource } from '../../src/formats/hash-source.js';
import { npyArray } from '../formats/npy-bytes.js';
import { Running, temporaryFolder } from '../cli/command-line.js';
import { writeSmallSweep } from './small-sweep.js';

describe('22: hashing a large file', () => {
  it('is told at once, again every five seconds, and at its end', () => {
    const lines: string[] = [];
    let clock = 0;
    const told = hashingProgress(
      (line) => lines.push(line),
      () => clock,
    );
    const size = 1.5e12;
    told('/data/big.npy', 4e6, size);
    clock = 4999;
    told('/data/big.npy', 1e10, size);
    expect(lines).toEqual(['Hashing big.npy (1.50 TB): trials are identified by the content of their data.\n']);
    clock = 5000;
    told('/data/big.npy', 3e11, size);
    clock = 5001;
    told('/data/big.npy', size, size);
    expect(lines.slice(1)).toEqual(['Hashing big.npy: 20 % of 1.50 TB\n', 'Hashing big.npy: 100 % of 1.50 TB\n']);
  });

  it('says nothing of small files', () => {
    const lines: string[] = [];
    hashingProgress((line) => lines.push(line))('/data/small.npy', 1e6, 1e6);
    expect(lines).toEqual([]);
  });

  it('tells every byte of every file, and the hash is the same', async () => {
    const path = join(temporaryFolder(), 'data.npy');
    writeFileSync(path, npyArray('<f4', [3, 2], Float32Array.of(1, 2, 3, 4, 5, 6)));
    const source = { format: 'npy', path, labels: null, groundTruth: null } as const;
    const seen: (readonly [string, number, number])[] = [];
    const sha256 = await hashSource(source, (...told) => seen.push(told));
    expect(sha256).toBe(await hashSource(source));
    expect(await hashFile(path)).not.toBe(sha256);
    const [last] = seen.slice(-1);
    expect(last![0]).toBe(path);
    expect(last![1]).toBe(last![2]);
  });

  it('is told by plan before it is done', async () => {
    const folder = temporaryFolder();
    const path = writeSmallSweep(folder, -1);
    // A hole of a terabyte, of which twelve samples are used.
    truncateSync(join(folder, 'data.npy'), 1e12);
    const running = new Running(['plan', path], folder);
    let stderr = '';
    await new Promise<void>((resolve) => {
      running.child.stderr!.on('data', (chunk: Buffer) => {
        stderr += chunk.toString('utf8');
        if (stderr.includes('Hashing data.npy (1.00 TB)')) resolve();
      });
      void running.ended.then(() => {
        resolve();
      });
    });
    running.child.kill('SIGKILL');
    await running.ended;
    expect(stderr).toContain('Hashing data.npy (1.00 TB): trials are identified by the content of their data.\n');
  });
});
