import { describe, expect, it } from 'vitest';
import { quantsweep } from '../cli/command-line.js';
import { recordedAnswers, schema11Folder } from './schema-11-folder.js';
import { answerDigests } from './view-digests.js';

/**
 * By experiment its number of trials. Not here: `failing`, and the demo, whose samples come from
 * the program itself.
 */
const experiments = {
  'alpha-grid': 17,
  searches: 12,
  calibrators: 23,
  layers: 21,
  execution: 7,
  'early-stop': 11,
  fidelity: 5,
  'at-chance': 3,
};

describe('sweeps that schema 11 left behind', () => {
  it('are finished: running them again runs nothing and changes no answer', async () => {
    const { folder, database } = schema11Folder();
    for (const [name, trials] of Object.entries(experiments)) {
      const ended = await quantsweep(folder, 'run', `${name}.yaml`);
      expect(ended, name).toMatchObject({ code: 0, stderr: '' });
      expect(ended.stdout, name).toContain(`${name}: ${trials} trials, ${trials} cached, 0 to run.`);
      expect(ended.stdout, name).toContain(`0 trials run, ${trials} cached, 0 failed.`);
    }
    const { answers } = recordedAnswers();
    expect(answerDigests(database, answers)).toMatchObject(answers);
  });

  it('are cached for plan as well', async () => {
    const { folder } = schema11Folder();
    await quantsweep(folder, 'run', 'fidelity.yaml');
    for (const [name, trials] of Object.entries(experiments)) {
      const ended = await quantsweep(folder, 'plan', `${name}.yaml`);
      expect(ended.code, ended.stderr).toBe(0);
      expect(ended.stdout, name).toContain(`${name}: ${trials} trials, ${trials} cached, 0 to run`);
      expect(ended.stdout, name).toContain('Nothing is left to run.');
    }
  });
});
