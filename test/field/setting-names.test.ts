import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findSetting } from '../../src/experiment/sections/setting-paths.js';
import { settingPath } from '../../src/report/facts/setting-path.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { quantsweep } from '../cli/command-line.js';
import { embeddedRows, figurePieces } from '../report/shown-sql.js';
import { knownOutputs, outputsOf } from './nonsense-sweep.js';

type Rows = readonly (readonly [string, string | null])[];

async function finished(): Promise<string> {
  const predictions = [0, 1, 2, 0, 1, 2, 0, 1];
  const folder = knownOutputs({
    outputs: outputsOf(predictions, 3),
    labels: predictions,
    grid: '[{ smoothing.alpha: [0.4], quantization.weight.granularity: [channel, tensor] }, { smoothing.alpha: [auto] }]',
  });
  const ran = await quantsweep(folder, 'run', 'known.yaml');
  expect(ran.code, ran.stderr).toBe(0);
  return folder;
}

describe('9: names of settings', () => {
  it('are the dotted paths of the experiment file in the view, the trial page, show and comparisons', async () => {
    const folder = await finished();
    const database = join(folder, 'known.db');
    const rowsOf = (label: string): Rows =>
      queryDatabase(database, 'SELECT setting, value FROM v_setting WHERE label = ? ORDER BY setting', [label])
        .rows as unknown as Rows;
    const settings = new Map(rowsOf('static alpha=0.4, weight.granularity=tensor'));
    // Every one can be written into a file, or given to --set.
    for (const name of settings.keys()) expect(findSetting(name), name).toBeDefined();
    expect(settings.get('quantization.weight.granularity')).toBe('tensor');
    expect(settings.get('data.calibration.batches')).toBe('2');
    expect(settings.get('data.evaluation.path')).toBe(join(folder, 'samples.npy'));
    expect(settings.get('data.preprocess.divideBy')).toBe('1');
    expect(settings.get('layers.ops')).toBe('["Conv"]');
    expect(settings.get('search.order')).toBeUndefined();
    const auto = new Map(rowsOf('static alpha=auto, weight.granularity=channel'));
    expect(auto.get('smoothing.mode')).toBe('static');
    expect(auto.get('smoothing.alpha')).toBe('auto');
    const varied = queryDatabase(database, 'SELECT DISTINCT setting FROM v_setting WHERE varied = 1 ORDER BY 1').rows;
    expect(varied).toEqual([['quantization.weight.granularity'], ['smoothing.alpha']]);

    const shown = await quantsweep(folder, 'show', 'static alpha=0.4, weight.granularity=tensor', '--db', 'known.db');
    expect(shown.stdout).toMatch(/^quantization\.weight\.granularity +tensor$/m);
    expect(shown.stdout).toMatch(/^data\.evaluation\.path +\S+samples\.npy$/m);
    expect(shown.stdout).not.toContain('$.');

    await quantsweep(
      folder,
      'report',
      '--db',
      'known.db',
      '--output',
      'pages',
      '--compare',
      'static alpha=0.4, weight.granularity=channel',
      'static alpha=0.4, weight.granularity=tensor',
    );
    const trialOf = (label: string): number =>
      Number(queryDatabase(database, 'SELECT trial FROM v_trial WHERE label = ?', [label]).rows[0]![0]);
    const [channel, tensor] = ['channel', 'tensor'].map((each) =>
      trialOf(`static alpha=0.4, weight.granularity=${each}`),
    );
    const page = readFileSync(join(folder, `pages/known/trial-${tensor!}.html`), 'utf8');
    const onPage = embeddedRows(figurePieces(page).get('settings')!).rows as [string, string | null, number][];
    expect(onPage.map(([name]) => name).sort()).toEqual([...settings.keys()].sort());
    const compared = readFileSync(join(folder, `pages/known/compare-${channel!}-${tensor!}.html`), 'utf8');
    expect(embeddedRows(figurePieces(compared).get('settings')!).rows).toEqual([
      ['quantization.weight.granularity', 'channel', 'tensor'],
    ]);
  });

  it.each([
    ['evaluation.source.inputs.sr.value', 'data.evaluation.inputs.sr.value'],
    ['calibration.sampleSeed', 'data.calibration.sampleSeed'],
    ['preprocess.mean', 'data.preprocess.mean'],
    ['quantization.weight.bits', 'quantization.weight.bits'],
    ['model.path', 'model.path'],
  ])('%s is %s', (stored, path) => {
    expect(settingPath(stored)).toBe(path);
  });
});
