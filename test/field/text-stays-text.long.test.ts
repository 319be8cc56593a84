import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quantsweep, temporaryFolder } from '../cli/command-line.js';
import { smallNetwork } from '../engine/small-network.js';
import { node, type ModelSpec } from '../onnx/build-model.js';
import { writeSweep } from './write-sweep.js';

/** A small network whose layers are called like numbers. */
function numberedLayers(): ModelSpec {
  const names = new Map([
    ['first', '007'],
    ['second', '1.0'],
    ['classifier', '12'],
  ]);
  const network = smallNetwork('N');
  const nodes = network.nodes.map(({ opType, name, input, output, attribute }) =>
    node(opType, input, output, attribute, names.get(name) ?? name),
  );
  return { ...network, nodes };
}

describe('8: a text stays a text', () => {
  it('in every command, though sweeps and layers are called like numbers', async () => {
    const folder = temporaryFolder();
    const ran = ['2026.10', '2026.1', '007', '7', '1e3'];
    for (const name of ran) {
      const file = writeSweep(folder, numberedLayers(), [3, 6, 6], { name });
      const run = await quantsweep(folder, 'run', file);
      expect([run.stderr, run.code]).toEqual(['', 0]);
    }
    const db = ['--db', 'q.db'];
    const csv = async (...args: string[]): Promise<string[]> => {
      const { stdout, stderr, code } = await quantsweep(folder, 'query', ...db, '--format', 'csv', ...args);
      expect([stderr, code]).toEqual(['', 0]);
      return stdout.trimEnd().split('\r\n').slice(1);
    };
    for (const name of ran) {
      const sweep = ['--param', `sweep=${name}`];
      expect(await csv(...sweep, 'SELECT sweep, typeof(:sweep) FROM v_sweep WHERE sweep = :sweep')).toEqual([
        `${name},text`,
      ]);
      expect((await csv(...sweep, '--name', 'trials')).length).toBe(3);
    }
    const layer = 'SELECT DISTINCT layer FROM v_layer_loss WHERE layer = :layer';
    for (const name of ['1.0', '12']) {
      const given = await quantsweep(folder, 'query', ...db, '--format', 'csv', '--param', `layer=${name}`, layer);
      expect(given.stdout).toBe(`layer\r\n${name}\r\n`);
    }
    const note = await quantsweep(folder, 'query', ...db, '--format', 'csv', '--param', 'layer=007', layer);
    expect([note.stdout, note.stderr]).toEqual([
      'layer\r\n007\r\n',
      'note: --param layer=007 is text; --param layer:=007 gives the number.\n',
    ]);
    // Numbers compare as numbers: with columns, with expressions, as a limit.
    expect(await csv('--param', 'x=7', 'SELECT :x + 1, typeof(:x)')).toEqual(['8,integer']);
    expect(await csv('--param', 'd=0.5', 'SELECT abs(1) < :d')).toEqual(['0']);
    expect(await csv('--param', 'd:=1e-3', 'SELECT abs(1) < :d, typeof(:d)')).toEqual(['0,real']);
    expect(await csv('--param', 'd:=null', 'SELECT :d IS NULL')).toEqual(['1']);
    expect(await csv('--param', 'limit=2', 'SELECT trial FROM v_trial LIMIT :limit')).toHaveLength(2);
    expect(await csv('--param', 'limit=2', '--name', 'worst-layers')).toHaveLength(2);
    const [alpha] = await csv('--param', 'alpha=0.5', 'SELECT alpha FROM v_trial WHERE alpha = :alpha');
    expect(alpha).toBe('0.5');

    const status = await quantsweep(folder, 'status', '007', ...db);
    expect(status.stdout).toMatch(/^007: 3 trials, 3 done/);
    const shown = await quantsweep(folder, 'show', 'best', '--sweep', '2026.10', ...db);
    expect(shown.stdout).toMatch(/^trial \d+ of 2026\.10: /);
    expect(shown.stdout).toMatch(/^007 /m);
    const reported = await quantsweep(folder, 'report', '2026.10', '007', '1e3', ...db, '-o', 'pages');
    expect([reported.stderr, reported.code]).toEqual(['', 0]);
    for (const name of ['2026.10', '007', '1e3'])
      expect(existsSync(join(folder, 'pages', name, 'index.html'))).toBe(true);
    const exported = await quantsweep(folder, 'export', 'best', '--sweep', '007', ...db, '-o', 'out.onnx');
    expect([exported.stderr, exported.code]).toEqual(['', 0]);

    for (const args of [
      ['query', '--name', 'best', '--param', 'sweep=2026.100'],
      ['status', '1000'],
      ['show', 'best', '--sweep', '07'],
      ['report', '7.0'],
    ]) {
      const { code, stderr } = await quantsweep(folder, ...args, ...db);
      expect(stderr).toMatch(/^Expected a sweep of the database, one of .*; got "(2026\.100|1000|07|7\.0)"\.\n$/);
      expect(code).toBe(2);
    }
    for (const value of ['few', '1.5']) {
      const wrong = await quantsweep(folder, 'query', '--name', 'best', '--param', `limit=${value}`, ...db);
      expect([wrong.stderr, wrong.code]).toEqual([`Expected a whole number for --param limit, got "${value}".\n`, 2]);
    }
    // Bound to nothing it would leave :sweep at the latest sweep.
    const misspelt = ['--param', 'swep=007', 'SELECT count(*) FROM v_trial WHERE sweep = :sweep'];
    const unknown = await quantsweep(folder, 'query', ...misspelt, ...db);
    expect([unknown.stdout, unknown.code]).toEqual(['', 2]);
    expect(unknown.stderr).toContain('Expected :swep in the SQL for --param swep, found none.');
  }, 120_000);
});
