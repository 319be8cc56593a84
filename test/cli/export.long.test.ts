import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeModel } from '../../src/onnx/onnx-model.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { runModel } from '../onnx/run-model.js';
import { demoModel, quantsweep, temporaryFolder, writeExperiment } from './command-line.js';

describe('quantsweep export', () => {
  it('writes a finished trial as a model that runs, and says what it wrote', async () => {
    const folder = temporaryFolder();
    expect((await quantsweep(folder, 'run', writeExperiment(folder))).code).toBe(0);
    const files = ['-o', 'best.onnx', '--calibration-table', 'best.cache', '--smoothed-model', 'float.onnx'];
    const { code, stdout, stderr } = await quantsweep(folder, 'export', 'best', ...files);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^trial \d+ of small: .*, mAP 0\.\d{4} as simulated\nbest\.onnx: 10 layers quantized, 10 of/,
    );

    const model = decodeModel(readFileSync(join(folder, 'best.onnx')));
    const metadata = new Map(model.proto.metadataProps.map(({ key, value }) => [key, value]));
    const keySql = 'SELECT key FROM v_trial WHERE trial = ?';
    const [number] = /\d+/.exec(stdout)!;
    const [row] = queryDatabase(join(folder, 'quantsweep.db'), keySql, [number]).rows;
    expect(metadata.get('quantsweep.trial_key')).toBe(row![0]);
    const input = { data: randomFloats(1, 8 * 48 * 48, () => 0.5), dims: [1, 8, 48, 48] };
    const { data } = Object.values(await runModel(model, { input }))[0]!;
    expect(data.every(Number.isFinite)).toBe(true);
    expect(readFileSync(join(folder, 'best.cache'), 'utf8').split('\n')).toHaveLength(12);
    await expect(runModel(decodeModel(readFileSync(join(folder, 'float.onnx'))), { input })).resolves.toBeDefined();
  });

  it('refuses what it can’t export with a clear message and exit code 2', async () => {
    const folder = temporaryFolder();
    expect((await quantsweep(folder, 'run', writeExperiment(folder))).code).toBe(0);
    writeFileSync(join(folder, 'there.onnx'), 'mine');
    const refusals: readonly (readonly [readonly string[], RegExp])[] = [
      [['fp32', '-o', 'a.onnx'], /nothing is quantized in it/],
      [['nothing', '-o', 'a.onnx'], /"nothing", which matches none/],
      [['best', '-o', 'there.onnx'], /there\.onnx exists already/],
      [['best', '-o', demoModel, '--force'], /own model, which is never overwritten/],
      [['best', '-o', 'a.onnx', '--model', 'small.yaml'], /small\.yaml: Expected an ONNX model/],
      [['best'], /Missing required argument: output/],
    ];
    for (const [args, message] of refusals) {
      const { code, stderr } = await quantsweep(folder, 'export', ...args);
      expect(stderr).toMatch(message);
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(code).toBe(2);
    }
    expect(existsSync(join(folder, 'a.onnx'))).toBe(false);
    expect(readFileSync(join(folder, 'there.onnx'), 'utf8')).toBe('mine');
  });
});
