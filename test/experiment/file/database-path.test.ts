import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { databasePath } from '../../../src/experiment/file/database-path.js';

const packageFolder = resolve('/usr/lib/node_modules/quantsweep');
const currentFolder = resolve('/home/me');

describe('the database of an experiment', () => {
  it.each([
    ['is beside the experiment file', '/data/sweeps/a.yaml', './quantsweep.db', '/data/sweeps/quantsweep.db'],
    ['is where an absolute path says', '/data/sweeps/a.yaml', '/var/a.db', '/var/a.db'],
    [
      'is in the current folder instead of an installed package',
      `${packageFolder}/experiments/demo.yaml`,
      '../quantsweep.db',
      '/home/me/quantsweep.db',
    ],
    [
      'is beside the package where the experiment says so',
      `${packageFolder}/experiments/demo.yaml`,
      '../../x.db',
      '/usr/lib/node_modules/x.db',
    ],
    [
      'is in a folder whose name begins like the package’s',
      '/usr/lib/node_modules/quantsweep-runs/a.yaml',
      'a.db',
      '/usr/lib/node_modules/quantsweep-runs/a.db',
    ],
  ])('%s', (_, experiment, database, expected) => {
    expect(databasePath(experiment, database, { packageFolder, currentFolder })).toBe(resolve(expected));
  });

  it('is in the folder of a checkout as the experiment says', () => {
    const checkout = { packageFolder: resolve('/home/me/quantsweep'), currentFolder };
    expect(databasePath('/home/me/quantsweep/experiments/demo.yaml', '../quantsweep.db', checkout)).toBe(
      resolve('/home/me/quantsweep/quantsweep.db'),
    );
  });
});
