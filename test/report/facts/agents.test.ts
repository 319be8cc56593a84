import { afterEach, describe, expect, it } from 'vitest';
import { agentCounts, readAgents } from '../../../src/report/facts/agents.js';
import { listedAgents } from '../../../src/report/facts/listed-agents.js';
import { runningSample, runningSweep, type RunningSample } from '../running-sample.js';
import { sampleAgent, sampleJob, tellAgents } from '../sample-agents.js';

let sample: RunningSample;

afterEach(() => {
  sample.remove();
});

describe('agents of a sweep', () => {
  it('are those at work first, then by name, numbers in names by value', () => {
    sample = runningSample();
    tellAgents(sample.path, [
      sampleAgent('lost', { state: 'lost' }),
      sampleAgent('unfit', { state: 'unfit', reason: 'another class' }),
      sampleAgent('waiting'),
      sampleAgent('gpu-10', { jobs: [sampleJob('trial a')] }),
      sampleAgent('gpu-2', { jobs: [sampleJob('trial b')] }),
      sampleAgent('stopping', { state: 'stopping', jobs: [sampleJob('trial c')] }),
    ]);
    const agents = readAgents(sample.query, runningSweep);
    expect(agents.map(({ host, activity }) => [host, activity])).toEqual([
      ['gpu-2', 'at work'],
      ['gpu-10', 'at work'],
      ['stopping', 'stopping'],
      ['waiting', 'waiting'],
      ['unfit', 'unfit'],
      ['lost', 'lost'],
    ]);
  });

  it('have slots but for the unfit and lost ones', () => {
    sample = runningSample();
    tellAgents(sample.path, [
      sampleAgent('a', { jobs: [sampleJob('trial a'), sampleJob('trial b')] }),
      sampleAgent('b', { jobs: [sampleJob('trial c')] }),
      sampleAgent('c', { slots: 8, state: 'unfit', reason: 'no data', jobs: [sampleJob('trial d', 'other')] }),
      sampleAgent('d', { slots: 8, state: 'lost' }),
    ]);
    expect(agentCounts(readAgents(sample.query, runningSweep))).toEqual({
      slots: '3 of 4 slots busy',
      activities: '2 at work, 1 unfit, 1 lost',
    });
  });

  it('are none of another sweep than the one that runs', () => {
    sample = runningSample();
    tellAgents(sample.path, [sampleAgent('a')]);
    expect(readAgents(sample.query, 'another')).toEqual([]);
  });

  it('stand in front with whatever is wrong, where they are many', () => {
    sample = runningSample();
    tellAgents(sample.path, [
      ...Array.from({ length: 100 }, (_, index) => sampleAgent(`busy-${index}`, { jobs: [sampleJob('trial a')] })),
      ...Array.from({ length: 90 }, (_, index) => sampleAgent(`idle-${index}`)),
      ...Array.from({ length: 10 }, (_, index) => sampleAgent(`lost-${index}`, { state: 'lost' })),
    ]);
    const agents = readAgents(sample.query, runningSweep);
    const { front, rest } = listedAgents(agents);
    expect(agentCounts(front).activities).toBe('8 at work, 3 waiting, 3 lost');
    expect(agentCounts(rest).activities).toBe('92 at work, 87 waiting, 7 lost');
    expect(listedAgents(agents.slice(0, 20))).toEqual({ front: agents.slice(0, 20), rest: [] });
  });
});
