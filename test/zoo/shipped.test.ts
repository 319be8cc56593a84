import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { quantsweep, temporaryFolder } from '../cli/command-line.js';

const experiments = fileURLToPath(new URL('../../experiments', import.meta.url));

it.each([
  ['zoo-detector', 17, '193 objects (3 crowds) in 64 pictures, matched by name'],
  ['zoo-segmenter', 20, '48 masks found in '],
])('%s is planned with the files that are shipped', async (name, trials, truth) => {
  const folder = temporaryFolder();
  const { code, stdout, stderr } = await quantsweep(
    folder,
    'plan',
    join(experiments, `${name}.yaml`),
    ...['--db', join(folder, 'plan.db')],
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`${name}: ${trials} trials, 0 cached, ${trials} to run`);
  expect(stdout).toContain(truth);
});
