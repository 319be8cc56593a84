import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pair } from '../../src/report/addresses/site-map.js';
import { openSite } from '../../src/report/pages/site.js';
import type { SampleDatabase } from './sample-database.js';
import { sampleDatabase, sampleSweeps } from './sample-database.js';
import { judgeAlike } from './sample-outcomes.js';
import { figurePieces, unescapeHtml } from './shown-sql.js';

/** Two lines of a figure's caption hold about 180 letters; a long name may take a few more. */
const mostLetters = 200;

const names = sampleSweeps.map((sample) => sample.name ?? 'smoothquant-alpha');
const [main = ''] = names;
let database: SampleDatabase;

beforeAll(() => {
  database = sampleDatabase(...sampleSweeps);
  judgeAlike(database.path, [1, 0]);
});

afterAll(() => {
  database.remove();
});

/** Pages of each kind: baselines, a static and a dynamic trial, the first layer, comparisons. */
function pagesOf(name: string): (readonly [path: string, html: string])[] {
  const base = 1000 * (names.indexOf(name) + 1);
  const pairs: Pair[] = [[base, 1006]];
  const site = openSite(database.query, names, [...new Set([main, name])], {
    database: 'sample.db',
    generatedAt: new Date('2026-11-23T10:00:00Z'),
    mode: 'files',
    pairs: new Map([[name, pairs]]),
    sweepPairs: name === main ? [] : [[main, name]],
  });
  const folder = site.sweepPath(name).replace('index.html', '');
  const wanted = [0, 1, 5, 41].map((place) => `trial-${base + place}.html`);
  const paths = site.paths().filter((path) => {
    const file = path.replace(folder, '');
    return path.startsWith(folder)
      ? wanted.includes(file) || ['index.html', 'layer-0.html'].includes(file) || file.startsWith('compare-')
      : path === 'index.html' || path.startsWith('compare-');
  });
  return paths.map((path) => [path, site.render(path) ?? '']);
}

describe.each(names)('captions of the pages of %j', (name) => {
  it('are of two lines at most, and complete sentences', () => {
    const pages = pagesOf(name);
    expect(pages.length).toBeGreaterThan(3);
    const long: string[] = [];
    for (const [path, html] of pages) {
      for (const [id, piece] of figurePieces(html)) {
        const caption = unescapeHtml(/<figcaption>([^]*?)<\/figcaption>/.exec(piece)?.[1] ?? '');
        if (caption.length > mostLetters) long.push(`${path} ${id} (${caption.length}): ${caption}`);
        if (caption !== '') expect(caption, `${path} ${id}`).toMatch(/^\S[^]*[.)]$/);
        expect(caption, `${path} ${id}`).not.toMatch(/ {2}|\.\.|,\s*\./);
      }
    }
    expect(long).toEqual([]);
  });
});
