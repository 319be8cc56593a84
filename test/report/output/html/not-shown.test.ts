import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notShownHtml } from '../../../../src/report/output/html/not-shown.js';
import { renderReport } from '../../../../src/report/pages/render-report.js';
import type { SampleDatabase } from '../../sample-database.js';
import { sampleDatabase } from '../../sample-database.js';
import { unescapeHtml } from '../../shown-sql.js';

const options = { database: 'sample.db', generatedAt: new Date('2026-11-23T10:00:00Z') };
const closing = /<details class="not-shown" id="not-shown"><summary>([^]*?)<\/summary>([^]*?)\n<\/details>/;

/** A figure without data. */
function absent(name: string, note: string, brief: string) {
  return {
    id: name.replaceAll(' ', '-'),
    title: name,
    name,
    sql: 'SELECT 1',
    result: { columns: ['1'], rows: [[1]] },
    content: { kind: 'absent' as const, note, brief },
  };
}

describe('the line of what a page does not show', () => {
  it('names each figure with what brings it, those of one setting together', () => {
    const html = notShownHtml([
      absent('chosen alpha', 'No dynamic trial.', 'smoothing.mode: dynamic'),
      absent('sensitivity', 'Not measured.', 'layers.sensitivity'),
      absent('search curves', 'No curves.', 'smoothing.mode: dynamic'),
    ]);
    const [, summary, rest] = closing.exec(html) ?? [];
    expect(summary).toBe(
      'Not shown: chosen alpha, search curves (smoothing.mode: dynamic); sensitivity (layers.sensitivity).',
    );
    expect(rest).toContain('Not measured.');
    expect(rest?.match(/<code class="sql">SELECT 1<\/code>/g)).toHaveLength(3);
  });

  it('is not there where every figure shows something', () => {
    expect(notShownHtml([])).toBe('');
  });

  describe('on the page of a sweep', () => {
    let database: SampleDatabase;
    let page: string;

    beforeAll(() => {
      database = sampleDatabase({ name: 'single', pending: 30 });
      page = renderReport(database.query, 'single', options);
    });

    afterAll(() => {
      database.remove();
    });

    it('closes it: nowhere else is there a place without a figure, nor a section without one', () => {
      const [whole = '', , rest = ''] = closing.exec(page) ?? [];
      expect(rest.match(/<div class="absent"/g)?.length).toBeGreaterThan(2);
      expect(page.replace(whole, '')).not.toContain('class="absent"');
      expect(page.indexOf(whole)).toBeGreaterThan(page.lastIndexOf('</section>'));
      const sections = [...page.matchAll(/<section id="([^"]+)"><h2>[^<]*<\/h2>([^]*?)<\/section>/g)];
      expect(sections.length).toBeGreaterThan(1);
      for (const [, id, content] of sections) expect(content, id).toMatch(/<figure|<details|<p class="answer">/);
    });

    it('says of pending trials that they are pending', () => {
      const [, summary = '', rest = ''] = closing.exec(page) ?? [];
      expect(summary).toContain('(trials are pending)');
      expect(unescapeHtml(rest)).toContain('Nothing to show here yet: 30 of 43 trials are pending');
    });
  });
});
