import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChartFile } from '../../../../src/report/output/svg/chart-files.js';
import { chartFiles } from '../../../../src/report/output/svg/chart-files.js';
import { chartSvg } from '../../../../src/report/output/svg/chart-svg.js';
import { pageFigures } from '../../../../src/report/figures/page-figures.js';
import type { PageId } from '../../../../src/report/addresses/site-map.js';
import { fileName } from '../../../../src/report/addresses/site-map.js';
import { readSweepFacts } from '../../../../src/report/facts/sweep-facts.js';
import { themeTokens } from '../../../../src/report/charts/theme-tokens.js';
import { elementsOf, parseXml, textIn } from '../../parse-xml.js';
import type { SampleDatabase } from '../../sample-database.js';
import { sampleDatabase, sampleSweeps } from '../../sample-database.js';

const names = sampleSweeps.map((sample) => sample.name ?? 'smoothquant-alpha');
let database: SampleDatabase;

beforeAll(() => {
  database = sampleDatabase(...sampleSweeps);
});

afterAll(() => {
  database.remove();
});

function draw(sweep: string, page: PageId = { kind: 'sweep' }, name = ''): Promise<ChartFile[]> {
  const facts = readSweepFacts(database.query, sweep)!;
  return chartFiles(fileName(sweep), name, pageFigures(page, facts, database.query) ?? []);
}

describe.each(names)('the static charts of %j', (sweep) => {
  it('are well-formed, named, of light colours, and ask for nothing from elsewhere', async () => {
    const files = await draw(sweep);
    // A sweep that has not begun still shows what its shared stages observed.
    expect(files.length).toBeGreaterThan(0);
    expect(new Set(files.map(({ name }) => name.toLowerCase())).size).toBe(files.length);
    for (const { name, svg } of files) {
      expect(name).toMatch(/^[\p{L}\p{N}][\p{L}\p{N}._-]*\.svg$/u);
      const root = parseXml(svg);
      expect(root.name).toBe('svg');
      expect(Number(root.attributes.get('width')), name).toBeGreaterThanOrEqual(720);
      // A network's picture is as wide as a page.
      const widest = name.includes('-network') ? 1240 : 1000;
      expect(Number(root.attributes.get('width')), name).toBeLessThan(widest);
      const [title, description] = root.children.filter((child) => typeof child !== 'string');
      expect([title?.name, description?.name]).toEqual(['title', 'desc']);
      expect(textIn(title!).length).toBeGreaterThan(10);
      expect(textIn(description!).length).toBeGreaterThan(40);
      expect(svg).not.toMatch(/NaN|Infinity|undefined|"@\w|<script|<a |@import|url\((?!#)/);
      expect(elementsOf(root).some(({ name: element }) => element === 'path')).toBe(true);
    }
  });

  it('are the same when drawn again', async () => {
    expect(await draw(sweep)).toEqual(await draw(sweep));
  });
});

describe('chartFiles', () => {
  it('draws a point for each static trial and a cell for each layer and trial, as the page does', async () => {
    const files = new Map((await draw('smoothquant-alpha')).map(({ name, svg }) => [name, svg]));
    const marks = (name: string, kind: string): number[] =>
      elementsOf(parseXml(files.get(name)!))
        .filter(({ attributes }) => attributes.get('class')?.includes(`${kind} role-mark`) === true)
        .map(({ children }) => children.length);
    expect(marks('smoothquant-alpha-accuracy-by-alpha.svg', 'mark-symbol')).toEqual([38, 0, 2, 1]);
    expect(marks('smoothquant-alpha-layer-loss-200-batches.svg', 'mark-rect')).toContain(21 * 12);
  });

  it('draws FP32 in the neutral of the light scheme on white', async () => {
    const [main] = await draw('smoothquant-alpha');
    expect(main?.svg).toContain(`stroke="${themeTokens.fp32.light}"`);
    expect(main?.svg).not.toContain(themeTokens.fp32.dark);
    expect(main?.svg).toContain('fill="#ffffff"');
  });

  it('draws the charts of other pages under their names', async () => {
    const trial = readSweepFacts(database.query, 'bits')!.best!.trial;
    for (const [page, name] of [
      [{ kind: 'layer', number: 3 }, 'layer-3'],
      [{ kind: 'trial', trial }, `trial-${trial}`],
    ] as const) {
      for (const file of await draw('bits', page, name)) {
        expect(file.name).toMatch(new RegExp(`^bits-${name}-`));
        parseXml(file.svg);
      }
    }
    expect(
      pageFigures({ kind: 'layer', number: 99 }, readSweepFacts(database.query, 'bits')!, database.query),
    ).toBeNull();
  });

  it('numbers names that would meet, whatever the case of their letters', async () => {
    const figures = (pageFigures({ kind: 'sweep' }, readSweepFacts(database.query, 'single')!, database.query) ?? [])
      .filter(({ content }) => content.kind === 'charts')
      .slice(0, 1);
    const taken = new Set<string>();
    const [one] = await chartFiles('Same', '', figures, taken);
    const [two] = await chartFiles('same', '', figures, taken);
    const id = figures[0]!.id;
    expect([one?.name, two?.name]).toEqual([`Same-${id}.svg`, `same-${id}-2.svg`]);
  });

  it('keeps names under the 255 bytes of file systems', async () => {
    const figures = pageFigures({ kind: 'sweep' }, readSweepFacts(database.query, 'bits')!, database.query) ?? [];
    for (const { name } of await chartFiles('量'.repeat(80), 'compare-123456-123457', figures))
      expect(Buffer.byteLength(name)).toBeLessThan(255);
  });
});

describe('chartSvg', () => {
  const chart = {
    spec: {
      data: { name: 'rows' },
      width: 'container' as const,
      height: 50,
      mark: 'text' as const,
      encoding: { text: { field: 'layer' }, x: { field: 'value', type: 'quantitative' as const } },
    },
    rows: [{ layer: 'a\u0000\u0008\uFFFE]]>&<b>"\uD800', value: 1 }],
    controls: [],
    title: 'title \u0001 <&>"\'',
    description: 'description of \uDFFF a chart',
  };

  it('leaves out what XML can not hold and keeps the rest as text', async () => {
    const root = parseXml(await chartSvg(chart));
    const texts = elementsOf(root).map((element) => (element.name === 'text' ? textIn(element) : ''));
    expect(texts).toContain('a]]>&<b>"');
    expect(textIn(elementsOf(root).find(({ name }) => name === 'title')!)).toBe('title  <&>"\'');
  });

  it('gives room to the text by its letters', async () => {
    const widthOf = async (layer: string): Promise<number> => {
      const spec = {
        ...chart.spec,
        mark: 'bar' as const,
        encoding: { y: { field: 'layer', type: 'nominal' as const } },
      };
      const svg = await chartSvg({ ...chart, spec, rows: [{ layer, value: 1 }] });
      return Number(parseXml(svg).attributes.get('width'));
    };
    // 20 letters of 0.222 and of 0.833 of the font's size.
    expect(await widthOf('m'.repeat(20))).toBeGreaterThan((await widthOf('i'.repeat(20))) + 100);
  });
});
