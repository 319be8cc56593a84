import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { retryOf } from '../../src/schedule/failure-kinds.js';

/** Names as they are stored in databases: what each says must stay as it is. */
const atOnce = ['WorkerDied', 'WorkerHung', 'OutOfMemory', 'DeviceLost', 'AgentLost'];
const inNextRun = ['InputChangedError', 'SurroundingsError', 'CustomCodeError', 'FallbackError'];
const never = [
  ...['ModelError', 'DatasetError', 'MetricError', 'NonFiniteError', 'NonFiniteStoreError', 'GateError'],
  ...['RuntimeError', 'StageFailed', 'NothingKeptError', 'NothingWithinError', 'UnknownMacsError'],
];

/** Classes that never fail a trial or stage: they end the command that meets them. */
const ofCommands = [
  ...['InputError', 'UsageError', 'ExperimentError', 'ExperimentFileError', 'StoreError'],
  ...['JobError', 'JobInterrupted', 'JobReturned', 'SweepEnded'],
  ...['BrokerError', 'BrokerUsageError', 'MissingPackageError', 'MergeConflictError', 'MixedClassesError'],
];

/** Classes of an agent: what meets them gives its work back, for another agent to do. */
const ofAgents = ['ContentError', 'ForeignPathError', 'ForgedMessageError', 'ValueMissingError'];

function declaredClasses(folder = 'src'): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...readFileSync(join(folder, file), 'utf8').matchAll(/static override readonly errorClass.*?'(\w+)'/g),
    ])
    .map(([, name]) => name!);
}

describe('retryOf', () => {
  it.each(atOnce)('tries %s again at once', (name) => {
    expect(retryOf(name)).toBe('at-once');
  });

  it.each(inNextRun)('tries %s again in the next run', (name) => {
    expect(retryOf(name)).toBe('next-run');
  });

  it.each(never)('never tries %s again', (name) => {
    expect(retryOf(name)).toBe('never');
  });

  it.each(['TypeError', 'UnknownError', 'NameOfAnEarlierVersion'])(
    'never tries %s again, which no class has',
    (name) => {
      expect(retryOf(name)).toBe('never');
    },
  );

  it('knows every class of error that this program declares', () => {
    const known = new Set([...atOnce, ...inNextRun, ...never, ...ofCommands, ...ofAgents]);
    const names = declaredClasses();
    expect(names.length).toBeGreaterThan(20);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !known.has(name) && name !== 'QuantsweepError')).toEqual([]);
  });
});
