import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bold, escapeMarkdown, fencedCode, linkMarkdown } from '../../../../src/report/output/markdown/markdown.js';
import { markdownSummary } from '../../../../src/report/output/markdown/markdown-summary.js';
import { readSweepFacts } from '../../../../src/report/facts/sweep-facts.js';
import type { SampleDatabase } from '../../sample-database.js';
import { hostileName, sampleDatabase, sampleSweeps } from '../../sample-database.js';

const names = sampleSweeps.map((sample) => sample.name ?? 'smoothquant-alpha');
let database: SampleDatabase;
const ran: string[] = [];

beforeAll(() => {
  database = sampleDatabase(...sampleSweeps);
});

afterAll(() => {
  database.remove();
});

function summaryOf(sweep: string, files: readonly (readonly [string, string])[] = []): string {
  const facts = readSweepFacts(database.query, sweep)!;
  ran.length = 0;
  const query = (sql: string) => {
    ran.push(sql);
    return database.query(sql, []);
  };
  return markdownSummary(facts, query, { database: 'my db.db', files });
}

/** What a reader of GitHub sees as text: without code, escapes put back. */
function outsideCode(markdown: string): string {
  return markdown.replaceAll(/^(`{3,})\w*\n[^]*?\n\1$/gm, '');
}

describe.each(names)('the summary of %j', (name) => {
  it('is short, says nothing of NaN, undefined or null, and shows every query that it ran', () => {
    const text = summaryOf(name);
    expect(text.split('\n').length).toBeLessThan(70);
    expect(outsideCode(text)).not.toMatch(/NaN|undefined|null|Infinity|\[object/);
    for (const sql of ran) expect(text).toContain(sql);
  });

  it('opens no element but its own two disclosures', () => {
    const text = outsideCode(summaryOf(name));
    const tags = [...text.matchAll(/(?<!\\)<[^>\n]*>/g)].map(([tag]) => tag);
    expect(tags).toEqual(
      Array.from({ length: 2 }, () => ['<details>', '<summary>', '</summary>', '</details>']).flat(),
    );
  });

  it('has tables whose rows have as many cells as their heads', () => {
    const lines = outsideCode(summaryOf(name)).split('\n');
    let columns = 0;
    for (const line of lines) {
      const cells = line.startsWith('|') ? line.split(/(?<!\\)\|/).length : 0;
      if (columns > 0 && cells > 0) expect(cells, line).toBe(columns);
      columns = cells;
    }
  });
});

describe('markdownSummary', () => {
  it('gives FP32, the best, unsmoothed and the best of each mode by calibration size', () => {
    const text = summaryOf('smoothquant-alpha');
    const first = [...text.matchAll(/^\| (.+?) \| ([\d.]+)\u00a0% \|/gm)].map(([, setting, value]) => [setting, value]);
    expect(first).toEqual([
      ['FP32', '86.42'],
      ['**best, best static**: static alpha=0.2, 1500 batches', '84.97'],
      ['unsmoothed, 200 batches', '61.31'],
      ['unsmoothed, 1500 batches', '61.71'],
      ['best static: static alpha=0.25, 200 batches', '84.84'],
      ['best dynamic: dynamic alpha, 200 batches', '82.61'],
      ['best dynamic: dynamic alpha, 1500 batches', '82.73'],
    ]);
  });

  it('lists the five worst layers of the best setting in order', () => {
    const text = summaryOf('smoothquant-alpha');
    const best = readSweepFacts(database.query, 'smoothquant-alpha')!.best!.trial;
    const { rows } = database.query(
      `SELECT position FROM v_layer_loss WHERE sweep = 'smoothquant-alpha' AND trial = ${best} AND mode = 'accumulated' ORDER BY rel_l1 DESC LIMIT 5`,
      [],
    );
    expect([...text.matchAll(/^\| (\d+) \//gm)].map(([, position]) => Number(position))).toEqual(rows.flat());
  });

  it('warns of an incomplete sweep and says how to run it again', () => {
    const text = summaryOf('incomplete');
    expect(text).toContain('> [!WARNING]\n> **Incomplete.** 5 of 43 trials not finished, 3 of 43 trials failed.');
    expect(text).toContain("quantsweep run /home/me/experiments/incomplete.yaml --set 'run.database=my db.db'\n");
    expect(text).toContain('quantsweep 0.1.0, onnxruntime 1.30.0, CPUExecutionProvider');
    expect(text).toContain('key sweep-5000');
  });

  it('quotes a hostile name for the shell', () => {
    expect(summaryOf(hostileName)).toContain(`report '${hostileName.replaceAll("'", "'\\''")}' --db`);
  });

  it('links to the files of the same report', () => {
    expect(summaryOf('bits', [['Report', 'out (1)/#a b/index.html']])).toContain(
      '[Report](out%20%281%29/%23a%20b/index.html)',
    );
    expect(summaryOf('bits')).not.toContain('](');
  });
});

describe('Markdown', () => {
  it('is escaped where it would mean something', () => {
    expect(escapeMarkdown('a|b `c` *d* _e_ <f> [g](h) \\ # ~~i~~ &amp; $j$')).toBe(
      'a\\|b \\`c\\` \\*d\\* \\_e\\_ \\<f\\> \\[g\\](h) \\\\ \\# \\~\\~i\\~\\~ \\&amp; \\$j\\$',
    );
    expect(escapeMarkdown('one\r\n\n  two\u2028three\u0000')).toBe('one two three\uFFFD');
    expect(escapeMarkdown('@octocat')).not.toContain('@o');
  });

  it('keeps blanks outside of bold', () => {
    expect(bold('No answer: ')).toBe('**No answer:** ');
    expect(bold(' ')).toBe(' ');
  });

  it('fences code with more backticks than are in it', () => {
    expect(fencedCode("SELECT '````'", 'sql')).toBe("`````sql\nSELECT '````'\n`````");
  });

  it('links with addresses that end where they should', () => {
    expect(linkMarkdown('a', 'b c)d')).toBe('[a](b%20c%29d)');
  });
});
