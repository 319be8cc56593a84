import { expect, it } from 'vitest';
import { loadExperiment } from '../../../src/api/load-experiment.js';
import { planSweep } from '../../../src/api/plan-sweep.js';
import { describePlan } from '../../../src/cli/run/describe-plan.js';
import { join } from 'node:path';
import { smallExperiment, temporaryFolder, writeExperiment } from '../command-line.js';

it('says what the sweep will and will not be able to answer, of a shard for the whole sweep', async () => {
  const folder = temporaryFolder();
  const path = writeExperiment(folder, smallExperiment.replace('grid:', 'baselines: [fp32]\ngrid:'));
  const experiment = loadExperiment(path, { database: join(folder, 'plan.db') });
  const [whole, shard] = [await planSweep(experiment), await planSweep(experiment, { shard: { index: 2, of: 2 } })];
  expect(whole.abilities[0]).toMatch(/^Will answer: .*alpha \(2 values\).*calibration batches/);
  expect(whole.abilities.join('\n')).toContain('on 12 evaluation samples');
  expect(whole.abilities.join('\n')).toMatch(/Will not answer: .*baselines/);
  expect(shard.abilities).toEqual(whole.abilities);
  const text = describePlan(whole, false);
  expect(text).toContain(
    `\nwhat the sweep can answer\n${whole.abilities.map((line) => `  ${line}\n`).join('')}\nshared stages\n`,
  );
});
