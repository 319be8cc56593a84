import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { quantsweep } from '../cli/command-line.js';
import { knownOutputs } from './nonsense-sweep.js';

const scheme = (name: string): string => `[{ smoothing.alpha: [0.4, 0.5], quantization.activation.scheme: [${name}] }]`;

describe('16: scheme unsigned on inputs that were observed negative', () => {
  it('is told by run and report with the layer and its lowest value', async () => {
    // Calibration sees the first four samples only: -0.75 is the lowest of them.
    const outputs = [
      [1, 2],
      [-0.25, 3],
      [2, -0.75],
      [4, 5],
      [-9, 1],
      [1, -9],
    ];
    const folder = knownOutputs({ outputs, grid: scheme('unsigned') });
    const ran = await quantsweep(folder, 'run', 'known.yaml');
    expect(ran.code, ran.stderr).toBe(0);
    const message =
      '3 trials with quantization.activation.scheme unsigned quantize inputs that were below 0 during calibration; those values become 0. Lowest values by layer: head (-0.75).';
    expect(ran.stdout).toContain(`WARNING: ${message} Use signed, auto or asymmetric.`);
    expect(ran.stdout.indexOf(message)).toBeLessThan(ran.stdout.indexOf('[2/'));
    await quantsweep(folder, 'report', '--db', 'known.db', '--output', 'r.html');
    const page = readFileSync(join(folder, 'r.html'), 'utf8');
    const first = page.slice(page.indexOf('<header>'), page.indexOf('<noscript>'));
    expect(first).toContain('Caution: ');
    expect(first).toContain('Lowest values by layer: head (-0.75).');
    expect(queryDatabase(join(folder, 'known.db'), 'SELECT * FROM v_unsigned_input').rows).toEqual([
      ['known', 'model.onnx', 0, 'head', -0.75, 3],
    ]);
    // Cached now: said again.
    const again = await quantsweep(folder, 'plan', 'known.yaml');
    expect(again.stdout).toContain(message);
  });

  it.each([
    [
      'auto',
      [
        [-1, 2],
        [1, 3],
        [2, 1],
        [4, 5],
      ],
    ],
    [
      'signed',
      [
        [-1, 2],
        [1, 3],
        [2, 1],
        [4, 5],
      ],
    ],
    [
      'unsigned',
      [
        [0, 2],
        [1, 3],
        [2, 1],
        [4, 5],
      ],
    ],
  ] as const)('is not told of %s where nothing is lost', async (name, outputs) => {
    const folder = knownOutputs({ outputs, grid: scheme(name) });
    const ran = await quantsweep(folder, 'run', 'known.yaml');
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).not.toContain('below 0');
    expect(queryDatabase(join(folder, 'known.db'), 'SELECT * FROM v_unsigned_input').rows).toEqual([]);
  });
});
