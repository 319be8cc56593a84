import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accuracyByAlpha } from '../../src/report/figures/sweep/accuracy-by-alpha.js';
import { stoppedEarly } from '../../src/report/figures/sweep/stopped-early.js';
import { openSite } from '../../src/report/pages/site.js';
import { readSweepFacts, type TrialFacts } from '../../src/report/facts/sweep-facts.js';
import { toRows } from '../../src/report/query.js';
import { embeddedRows, figurePieces } from './shown-sql.js';
import { sampleDatabase, type SampleDatabase } from './sample-database.js';

const options = { database: 'quantsweep.db', generatedAt: new Date('2026-11-23T10:00:00Z'), mode: 'files' } as const;
const name = 'smoothquant-alpha';
let sample: SampleDatabase;
beforeAll(() => {
  sample = sampleDatabase({ stopped: 12, failed: 1 });
});
afterAll(() => {
  sample.remove();
});

const facts = () => readSweepFacts(sample.query, name)!;
const stopped = (): readonly TrialFacts[] => facts().allTrials.filter(({ status }) => status === 'stopped');
const words = (html: string): string => html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');

function page(file: string): string {
  const site = openSite(sample.query, [name], [name], options);
  return site.render(site.sweepPath(name).replace('index.html', file))!;
}

describe('a report of a sweep that stopped trials early', () => {
  it('lists them with what was seen, marks them in the table, and says how many', () => {
    const html = page('index.html');
    const pieces = figurePieces(html);
    const list = words(pieces.get('stopped-early')!);
    expect(stopped()).toHaveLength(12);
    for (const { label } of stopped()) expect(list).toContain(label);
    expect(list).toMatch(/[\d,]+ of 10,000/);
    expect(list).toContain('out of reach');
    expect(words(pieces.get('trials')!)).toMatch(/stopped after \d+ samples/);
    expect(words(html)).toContain('30 of 43 trials done, 12 stopped early, 1 failed');
    expect(words(html)).toContain('12 of 40 settings were stopped early because certainly not the best');
    // They are not missing: the warning is of the one that failed.
    expect(words(html)).toContain('1 of 43 trials failed. What follows covers only the 30 finished trials.');
  });

  it('draws complete settings alone in the chart of accuracy, and says how many it leaves out', () => {
    const rows = toRows(sample.query(accuracyByAlpha.sql(facts()), []));
    const drawn = new Set(rows.map((row) => row['trial']));
    expect(stopped().some(({ trial }) => drawn.has(trial))).toBe(false);
    const content = accuracyByAlpha.build(rows, facts());
    expect(content.kind === 'charts' && content.details).toContain(
      'Not drawn: 12 settings that were stopped early, without accuracy.',
    );
  });

  it('says on the page of such a trial why it was stopped, and that it is compared with none', () => {
    const html = page(`trial-${stopped()[0]!.trial}.html`);
    expect(words(html)).toContain('This trial was stopped early');
    expect(words(figurePieces(html).get('stop')!)).toContain('of 10,000');
    expect(figurePieces(html).has('comparisons')).toBe(false);
    // Its layers are there as those of any trial.
    const losses = embeddedRows(figurePieces(html).get('losses')!) as { rows: unknown[][] };
    expect(losses.rows.flat()).toContain('/layer1/layer1.0/conv1/Conv_output_0');
  });

  it('says which setting stops trials where none was', () => {
    const other = sampleDatabase({});
    const given = readSweepFacts(other.query, name)!;
    const rows = toRows(other.query(stoppedEarly.sql(given), []));
    const content = stoppedEarly.build(rows, given);
    other.remove();
    expect(content.kind === 'absent' && content.note).toContain('data.evaluation.stop.confidence');
    expect(accuracyByAlpha.sql(given)).not.toBe('');
  });
});
