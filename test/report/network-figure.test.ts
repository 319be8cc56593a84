import { describe, expect, it } from 'vitest';

import { network } from '../../src/report/figures/sweep/network.js';
import { surroundings } from '../../src/report/figures/layer/surroundings.js';
import { readLayerPageFacts } from '../../src/report/facts/layer-page-facts.js';
import { readSweepFacts } from '../../src/report/facts/sweep-facts.js';
import { folderLinks } from '../../src/report/addresses/site-map.js';
import { renderFigure } from '../../src/report/output/html/render-figure.js';
import { chartFiles } from '../../src/report/output/svg/chart-files.js';
import { figureData } from '../../src/report/figures/figure-data.js';
import { toRows } from '../../src/report/query.js';
import { buildFigure, sampleSweep } from './build-figure.js';
import { parseXml } from './parse-xml.js';

function graphOf(change = '') {
  const built = buildFigure(network, change);
  if (built.content.kind !== 'graph') throw new Error(`Expected a graph, got ${built.content.kind}`);
  return { ...built, content: built.content };
}

describe('the network of a sweep', () => {
  it('has a box for each layer and join, coloured by the losses of the best trial at first', () => {
    const { content, rows } = graphOf();
    const kinds = content.pictures[0]!.boxes.map(({ kind }) => kind);
    expect([kinds.filter((kind) => kind === 'layer').length, kinds.filter((kind) => kind === 'join').length]).toEqual([
      12, 6,
    ]);
    expect(content.controls.map(({ param, options }) => [param, options[0]!.label])).toEqual([
      ['shows', 'L1: mean |y − y_fp32|'],
      ['mode', 'the whole network (accumulated)'],
      ['trial', expect.stringMatching(/^best: /)],
    ]);
    expect(content.caption.length).toBeLessThan(180);
    expect(new Set(rows.map((row) => row['trial'])).size).toBeGreaterThan(3);
  });

  it('offers the best, its unsmoothed counterpart, the best dynamic one and the ends of alpha', () => {
    const { content } = graphOf();
    const trials = content.controls
      .find(({ param }) => param === 'trial')!
      .options.map(({ label }) => label.split(':')[0]);
    expect(trials).toEqual(
      expect.arrayContaining([expect.stringMatching(/^best$/), expect.stringMatching(/^unsmoothed/), 'best dynamic']),
    );
    expect(trials.length).toBeLessThanOrEqual(6);
  });

  it('shows the numbers of its rows', () => {
    const { database } = graphOf();
    const facts = readSweepFacts(database.query, sampleSweep)!;
    const best = facts.best!.trial;
    const html = renderFigure(network, facts, database.query);
    const losses = toRows(
      database.query(
        `SELECT position, l1 FROM v_layer_loss WHERE sweep = '${sampleSweep}' AND trial = ${best} AND mode = 'accumulated' ORDER BY position`,
        [],
      ),
    );
    const shown = [...html.matchAll(/<text class="value"[^>]*>([^<]*)</g)].map(([, text]) => Number(text));
    expect(shown).toEqual(losses.map((row) => Number(Number(row['l1']).toPrecision(3))));
  });

  it('speaks of pages of layers only where there are some', () => {
    const { content, database, rows } = graphOf();
    expect(`${content.caption} ${content.details}`).not.toMatch(/page|Click/);
    const facts = readSweepFacts(database.query, sampleSweep)!;
    const folder = { sweep: sampleSweep, folder: 'f', trials: 'any', comparisons: [], layers: facts.layers } as const;
    const linked = network.build(rows, { ...facts, links: folderLinks(folder) });
    expect(linked).toMatchObject({ caption: expect.stringContaining('Click a layer for its page.') as string });
  });

  it('links each layer to its page where the report has one', () => {
    const { database } = graphOf();
    const facts = readSweepFacts(database.query, sampleSweep)!;
    const links = folderLinks({
      sweep: sampleSweep,
      folder: 'f',
      trials: 'any',
      layers: facts.layers,
      comparisons: 'any',
    });
    const linked = renderFigure(network, { ...facts, links }, database.query);
    expect([...linked.matchAll(/<a class="box layer[^>]* href="(layer-\d+\.html)"/g)].map(([, href]) => href)).toEqual(
      facts.layers.map((_, number) => `layer-${number}.html`),
    );
    const alone = renderFigure(network, facts, database.query);
    expect(alone).not.toMatch(/<a class="box/);
    expect(alone.match(/tabindex="0" role="img" aria-label="/g)).toHaveLength(12);
  });

  it('says what brings the graph that an earlier version did not store', () => {
    const { content } = buildFigure(network, 'DELETE FROM graph_edge; DELETE FROM graph_node');
    expect(content).toMatchObject({
      kind: 'absent',
      note: expect.stringContaining('running the sweep again') as string,
    });
  });

  it('marks what a trial leaves in float', () => {
    const { database } = graphOf(`DELETE FROM quantizer WHERE layer_id = (SELECT min(id) FROM layer)`);
    const html = renderFigure(network, readSweepFacts(database.query, sampleSweep)!, database.query);
    expect(html.match(/class="box layer \w+ float/g)).toHaveLength(1);
    expect(html).toContain('left in float');
  });

  it('is a static picture, too: well-formed, without links, the same each time', async () => {
    const { database } = graphOf();
    const data = figureData(network, readSweepFacts(database.query, sampleSweep)!, database.query);
    const [file] = await chartFiles('sweep', '', [data]);
    expect(file!.name).toBe('sweep-network.svg');
    expect(() => parseXml(file!.svg)).not.toThrow();
    expect(file!.svg).not.toMatch(/<a |href|var\(|tabindex/);
    expect((await chartFiles('sweep', '', [data]))[0]!.svg).toBe(file!.svg);
  });
});

describe('the surroundings of a layer', () => {
  it('hold it and what is beside it, from a query for these nodes alone', () => {
    const { database } = graphOf();
    const sweep = readSweepFacts(database.query, sampleSweep)!;
    const { facts } = readLayerPageFacts(sweep, sweep.layers[5]!, database.query);
    const rows = toRows(database.query(surroundings.sql(facts), []));
    const content = surroundings.build(rows, facts);
    if (content.kind !== 'graph') throw new Error(`Expected a graph, got ${content.kind}`);
    const { boxes } = content.pictures[0]!;
    expect(boxes.filter(({ isCurrent }) => isCurrent).map(({ name }) => name)).toEqual([sweep.layers[5]!.name]);
    expect(boxes.map(({ kind }) => kind)).toEqual(['join', 'layer', 'layer', 'join', 'layer', 'join']);
  });
});
