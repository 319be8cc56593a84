import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Query } from '../../src/report/query.js';
import { withRelativePaths } from '../../src/report/relative-paths.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { quantsweep } from '../cli/command-line.js';
import { embeddedRows, figurePieces } from '../report/shown-sql.js';
import { knownOutputs, outputsOf } from './nonsense-sweep.js';

/** All text of a page: its own, and the rows of its figures, which are packed. */
function textOf(page: string): string {
  const rows = [...figurePieces(page).values()].map((piece) => JSON.stringify(embeddedRows(piece)));
  return `${page.replaceAll(/<script[^]*?<\/script>/g, '')}\n${rows.join('\n')}`;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}

describe('31: pages that are passed on', () => {
  it('have paths relative to the experiment file, and no name of the machine', async () => {
    const predictions = [0, 1, 2, 0, 1, 2, 0, 1];
    const folder = knownOutputs({ outputs: outputsOf(predictions, 3), labels: predictions });
    // Absolute in the file itself, and files beside its folder.
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    const yaml = readFileSync(join(folder, 'known.yaml'), 'utf8')
      .replace('path: model.onnx', `path: ${join(folder, 'model.onnx')}`)
      .replaceAll('path: samples.npy', `path: ${join(folder, 'samples.npy')}`)
      .replace('labels: labels.npy', 'labels: ../labels.npy');
    writeFileSync(join(inner, 'known.yaml'), yaml);
    const ran = await quantsweep(folder, 'run', join(inner, 'known.yaml'));
    expect(ran.code, ran.stderr).toBe(0);
    const database = join(inner, 'known.db');
    const reported = await quantsweep(
      folder,
      'report',
      '--db',
      database,
      '--output',
      'pages',
      '--markdown',
      'a.md',
      '--json',
      'a.json',
      '--svg',
      'svg',
    );
    expect(reported.code, reported.stderr).toBe(0);
    const host = String(queryDatabase(database, 'SELECT DISTINCT host FROM v_attempt').rows[0]![0]);
    expect(host).toBe(hostname());
    const pages = filesIn(join(folder, 'pages')).filter((path) => path.endsWith('.html'));
    expect(pages.length).toBeGreaterThan(4);
    for (const path of [...pages, join(folder, 'a.md'), join(folder, 'a.json')]) {
      const text = textOf(readFileSync(path, 'utf8'));
      expect(text, path).not.toContain(folder);
      expect(text, path).not.toContain(basename(folder));
      expect(text.toLowerCase(), path).not.toMatch(new RegExp(`\\b${host.toLowerCase()}\\b`));
    }
    const page = textOf(readFileSync(join(folder, 'pages/known/index.html'), 'utf8'));
    expect(page).toContain('Experiment file: known.yaml');
    expect(page).toContain('path: ../model.onnx');
    const markdown = readFileSync(join(folder, 'a.md'), 'utf8');
    expect(markdown).toContain('quantsweep run known.yaml --set run.database=known.db');
    // In the database they stay as they are.
    expect(queryDatabase(database, "SELECT DISTINCT value FROM v_setting WHERE setting = 'model.path'").rows).toEqual([
      [join(folder, 'model.onnx')],
    ]);
  });

  it('keep what only looks like a path, and name what lies elsewhere as seen from the file', () => {
    const settings = { path: '/data/models/m.onnx', input: '/data/x' };
    const query: Query = (sql) =>
      sql.includes('experiment_path')
        ? { columns: ['experiment_path'], rows: [['/home/u/exp/a.yaml']] }
        : sql.includes('UNION')
          ? { columns: ['section'], rows: [[JSON.stringify(settings)], ['text'], [null]] }
          : {
              columns: ['a'],
              rows: [
                ['/conv1/Conv'],
                ['/home/u/exp/a.yaml:3:4: expected'],
                ['open "/home/u/cal/c.npy", /home/u/exp and /home/u/exp.db'],
                [JSON.stringify(settings)],
                ['/data/models/m.onnx.bak'],
                ['../home/u/exp/x'],
                [7],
              ],
            };
    expect(withRelativePaths(query, ['s'])('rows', []).rows).toEqual([
      ['/conv1/Conv'],
      ['a.yaml:3:4: expected'],
      ['open "../cal/c.npy", . and ../exp.db'],
      [JSON.stringify({ path: '../../../data/models/m.onnx', input: '/data/x' })],
      ['/data/models/m.onnx.bak'],
      ['../home/u/exp/x'],
      [7],
    ]);
  });
});
