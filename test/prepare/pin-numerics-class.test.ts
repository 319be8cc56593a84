import { describe, expect, it } from 'vitest';
import { JobError, JobInterrupted } from '../../src/engine/executor.js';
import { pinNumericsClass, type PinRequest } from '../../src/prepare/pin-numerics-class.js';

/** Gives or throws one after the other, and keeps what it was asked for. */
function executorOf(...answers: readonly (string | Error)[]) {
  const asked: (string | null)[] = [];
  const left = [...answers];
  const numericsClass = (wanted: string | null): Promise<string> => {
    asked.push(wanted);
    const answer = left.shift()!;
    return typeof answer === 'string' ? Promise.resolve(answer) : Promise.reject(answer);
  };
  return { numericsClass, asked };
}

const request: Omit<PinRequest, 'executor'> = { sweep: 's', database: 'x.db', stored: [], mixClasses: false };
const work = (numericsClass: string | null, trials = 1, stages = 1) => ({ numericsClass, trials, stages });
const died = (retry: boolean) => new JobError({ errorClass: 'WorkerDied', message: 'The child died.', retry });

describe('pinNumericsClass', () => {
  it('asks for the one class that is stored, unless classes may be mixed', async () => {
    const executor = executorOf('cpu-a', 'cpu-b', 'cpu-c');
    const stored = [work('cpu-a'), work(null)];
    expect(await pinNumericsClass({ ...request, stored, executor })).toMatchObject({ numericsClass: 'cpu-a' });
    await pinNumericsClass({ ...request, stored, executor, mixClasses: true });
    await pinNumericsClass({ ...request, executor });
    expect(executor.asked).toEqual(['cpu-a', null, null]);
  });

  it('refuses another class with what there is of which', async () => {
    const refused = pinNumericsClass({ ...request, stored: [work('cpu-a', 2, 0)], executor: executorOf('cpu-b') });
    await expect(refused).rejects.toThrow(
      's: expected to go on in the numerics class of what is finished, got a machine of class cpu-b, whose numbers differ in their last bits. ' +
        'x.db has 2 trials of numerics class cpu-a. Run it on a machine of class cpu-a, give another database (--db), or mix the classes with --mix-classes',
    );
  });

  it('tries once more where a child was lost', async () => {
    const executor = executorOf(died(true), 'cpu-a');
    expect(await pinNumericsClass({ ...request, executor })).toEqual({ numericsClass: 'cpu-a', notes: [] });
  });

  it.each([
    ['for good', [died(false)]],
    ['twice', [died(true), died(true)]],
  ])('leaves it to the work to fail where the class can not be found, %s', async (_how, answers) => {
    expect(await pinNumericsClass({ ...request, executor: executorOf(...answers) })).toEqual({
      numericsClass: null,
      notes: ['The numerics class of this machine is not known: The child died.'],
    });
  });

  it('is stopped with the executor', async () => {
    const executor = executorOf(new JobInterrupted('Stopped.'));
    await expect(pinNumericsClass({ ...request, executor })).rejects.toBeInstanceOf(JobInterrupted);
  });
});
