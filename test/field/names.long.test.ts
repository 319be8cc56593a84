import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeModel } from '../../src/onnx/onnx-model.js';
import { profileKernels, Session } from '../../src/engine/session/session.js';
import { quantsweep, temporaryFolder } from '../cli/command-line.js';
import { modelBytes, node, tensor, value } from '../onnx/build-model.js';
import { Chromium, chromiumPath } from '../report/chromium.js';
import { oneThread } from '../engine/small-experiment.js';
import { namedNetwork, nastyNames } from './names-model.js';
import { writeSweep } from './write-sweep.js';

describe('23: any name that ONNX allows works', () => {
  it('in run, plan, query, show, report and export', async () => {
    const folder = temporaryFolder();
    const grid = '[{ layers.sensitivity: only, layers.focus: "*e*a*" }, { smoothing.mode: dynamic }]';
    const more = 'search: { candidates: [0.3, 0.7], samples: 2 }';
    const file = writeSweep(folder, namedNetwork(nastyNames), [2, 4, 4], { grid, more });
    const db = ['--db', 'q.db'];
    const ok = async (...args: string[]): Promise<string> => {
      const { stdout, stderr, code } = await quantsweep(folder, ...args);
      expect([stderr, code]).toEqual(['', 0]);
      return stdout;
    };
    expect(await ok('run', file)).toMatch(/ trials run, 0 cached, 0 failed\.\n/);

    // Every line of the plan is one trial or one sentence; none is broken or coloured by a name.
    const plan = await ok('plan', file, '--all');
    expect(plan).toContain('only line\\nbreak\\u000d\\n');
    expect(plan).toContain('only tab\\u0009here, after');
    // eslint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(plan).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f\u202e]/);

    const layers =
      "SELECT layer FROM v_layer_loss WHERE mode = 'isolated' AND trial = (SELECT max(trial) FROM v_trial) ORDER BY position";
    const json = JSON.parse(await ok('query', layers, ...db, '--format', 'json')) as readonly { layer: string }[];
    expect(json.map(({ layer }) => layer)).toEqual(nastyNames);
    const markdown = await ok('query', layers, ...db, '--format', 'markdown');
    expect(markdown.trimEnd().split('\n')).toHaveLength(2 + nastyNames.length);
    expect(markdown).toContain("| \\<!-- it's & \\<b> |");
    const table = await ok('query', layers, ...db);
    expect(table.trimEnd().split('\n')).toHaveLength(2 + nastyNames.length);
    const own = 'SELECT DISTINCT layer FROM v_layer_loss WHERE layer = :layer';
    for (const name of ['a "quoted" name', 'back\\slash\\n', 'line\nbreak\r\n', '__proto__', '12']) {
      const found = await ok('query', own, ...db, '--format', 'json', '--param', `layer=${name}`);
      expect(JSON.parse(found)).toEqual([{ layer: name }]);
    }
    const bins = await ok(
      'query',
      "SELECT count(*) AS n FROM activation_histogram((SELECT max(trial) FROM v_trial), 'line\nbreak\r\n')",
      ...db,
      '--format',
      'csv',
    );
    expect(bins).toBe('n\r\n256\r\n');
    await ok('show', 'best', ...db);
    await ok('status', ...db);

    await ok('report', ...db, '-o', 'pages');
    await ok('report', ...db, '--markdown', 'summary.md', '--json', 'data.json', '--svg', 'charts');
    expect(JSON.parse(readFileSync(join(folder, 'data.json'), 'utf8'))).toBeTypeOf('object');
    for (const [position, name] of nastyNames.entries()) {
      const page = readFileSync(join(folder, 'pages', 'sweep', `layer-${position}.html`), 'utf8');
      expect(page).not.toContain('<script>alert');
      if (/^\w+$/.test(name)) expect(page).toContain(`>${name}</h1>`);
    }

    await ok('export', 'best', ...db, '-o', 'out.onnx', '--smoothed-model', 'smooth.onnx');
    const exported = decodeModel(readFileSync(join(folder, 'out.onnx')));
    for (const name of nastyNames) expect(exported.index.producers.has(name)).toBe(true);
    const refused = await quantsweep(folder, 'export', 'best', ...db, '-o', 'b.onnx', '--calibration-table', 'b.cache');
    expect(refused.stderr).toMatch(/expected a name without line breaks, which TensorRT's calibration table needs/);
    expect(refused.code).toBe(2);
    expect(existsSync(join(folder, 'b.onnx'))).toBe(false);

    if (chromiumPath === null) {
      console.warn('Skipped: opening the pages needs Chromium (apt-get install chromium).');
      return;
    }
    const browser = new Chromium();
    try {
      for (const page of ['index', 'layer-0', 'layer-3', 'layer-7', 'layer-11', 'layer-21']) {
        await browser.open(join(folder, 'pages', 'sweep', `${page}.html`), {
          width: 1280,
          height: 900,
          scheme: 'light',
        });
        expect(browser.problems).toEqual([]);
      }
    } finally {
      await browser.close();
    }
  }, 240_000);

  it('for nodes without any name', async () => {
    const folder = temporaryFolder();
    const file = writeSweep(folder, namedNetwork(['', '', 'a"'], false), [2, 4, 4]);
    expect((await quantsweep(folder, 'run', file)).stdout).toContain('3 trials run, 0 cached, 0 failed');
    const { stdout } = await quantsweep(
      folder,
      'query',
      'SELECT DISTINCT layer FROM v_layer_loss ORDER BY 1',
      '--db',
      'q.db',
      '--format',
      'csv',
    );
    expect(stdout).toBe('layer\r\n"a"""\r\nt0\r\nt1\r\n');
  }, 60_000);

  it.each(nastyNames.map((name) => [name.slice(0, 40), name] as const))(
    'as input, output and node that are profiled: %j',
    async (_, name) => {
      const bytes = modelBytes({
        nodes: [node('Mul', [name, 'two'], 'm', [], name), node('Add', ['m', `${name}2`], `${name}3`)],
        inputs: [value(name, [1]), value(`${name}2`, [1])],
        outputs: [`${name}3`, 'm'],
        initializers: [tensor('two', [], [2])],
      });
      const batch = { data: Float32Array.of(3), dims: [1] };
      const further = Object.fromEntries([
        [`${name}2`, { type: 'float32' as const, data: Float32Array.of(1), dims: [1] }],
      ]);
      const session = await Session.create(bytes, name, oneThread);
      const outputs = await session.run(batch, further);
      await session.release();
      expect(Object.entries(outputs).map(([key, { data }]) => [key, data[0]])).toEqual(
        expect.arrayContaining([
          ['m', 6],
          [`${name}3`, 7],
        ]),
      );
      const { provider } = await profileKernels(bytes, name, batch, oneThread, further);
      expect(provider).toBe('CPUExecutionProvider');
    },
  );
});
