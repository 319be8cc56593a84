import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sweepStatus } from '../../../src/cli/show/sweep-status.js';
import { runningSample, runningSweep, type RunningSample } from '../../report/running-sample.js';
import { sampleAgent, sampleJob, tellAgents } from '../../report/sample-agents.js';

describe('agents in quantsweep status', () => {
  let sample: RunningSample;

  beforeEach(() => {
    sample = runningSample();
  });

  afterEach(() => {
    sample.remove();
  });

  it('are counted and listed with their work, or why they have none', () => {
    tellAgents(sample.path, [
      sampleAgent('lab-3', { state: 'unfit', reason: 'got another copy of labels.npy' }),
      sampleAgent('lab-1', { label: 'gpu=a100', jobs: [sampleJob('trial a'), sampleJob('observe 3', 'other')] }),
      sampleAgent('lab-2', { jobs: [sampleJob('trial b')], lastError: 'out of memory' }),
    ]);
    const lines = sweepStatus(sample.path, runningSweep).split('\n');
    const at = lines.indexOf('Agents: 3 (3 of 4 slots busy)');
    expect(lines.slice(at + 1, at + 6).map((line) => line.split(/\s{2,}/))).toEqual([
      ['agent', 'label', 'provider', 'class', 'gpu', 'state', 'busy', 'work', 'note'],
      Array.from({ length: 9 }, () => expect.stringMatching(/^-+$/) as string),
      ['lab-1', 'gpu=a100', 'cpu', 'cpu-3f9a2c1b6d04', '-', 'at work', '2 of 2', 'trial a, other: observe 3', '-'],
      ['lab-2', '-', 'cpu', 'cpu-3f9a2c1b6d04', '-', 'at work', '1 of 2', 'trial b', 'last error: out of memory'],
      ['lab-3', '-', 'cpu', 'cpu-3f9a2c1b6d04', '-', 'unfit', '0 of 2', '-', 'got another copy of labels.npy'],
    ]);
  });

  it('obey no terminal’s escapes that an agent tells', () => {
    tellAgents(sample.path, [sampleAgent('a', { host: '\u001b[2Jb', lastError: 'one\ntwo' })]);
    const status = sweepStatus(sample.path, runningSweep);
    expect(status).not.toContain('\u001b');
    expect(status).toContain('last error: one two');
  });

  it('are counted beyond those that fit', () => {
    tellAgents(
      sample.path,
      Array.from({ length: 200 }, (_, index) => sampleAgent(`node-${index}`, { jobs: [sampleJob('trial a')] })),
    );
    const status = sweepStatus(sample.path, runningSweep);
    expect(status).toContain('Agents: 200 (200 of 400 slots busy)\n');
    expect(status).toContain('\n192 more agents: 192 at work (quantsweep query "SELECT * FROM v_agent")\n');
    expect(status.match(/^node-/gm)).toHaveLength(8);
  });

  it('are not told of where there are none', () => {
    expect(sweepStatus(sample.path, runningSweep)).not.toContain('gents');
  });

  it('are left over where the run was killed', () => {
    tellAgents(sample.path, [sampleAgent('a')]);
    rmSync(`${sample.path}.lock`);
    expect(sweepStatus(sample.path, runningSweep)).toContain(
      'Agents: 1 (0 of 2 slots busy), when the run was cut off\n',
    );
  });
});
