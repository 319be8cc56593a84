import type { FigureData } from './figure-data.js';
import { readComparedGroup } from '../facts/compared-group.js';
import { readComparedTrials } from '../facts/compared-trials.js';
import { applicableFigures } from './applicable-figures.js';
import { figureData } from './figure-data.js';
import { comparisonFigures } from './comparison/index.js';
import { groupFigures } from './group/index.js';
import { figures } from './sweep/index.js';
import { layerFigures } from './layer/index.js';
import { trialFigures } from './trial/index.js';
import { readLayerPageFacts } from '../facts/layer-page-facts.js';
import { trialPageFacts } from '../facts/trial-page-facts.js';
import type { Query } from '../query.js';
import type { PageId } from '../addresses/site-map.js';
import type { SweepFacts } from '../facts/sweep-facts.js';

/**
 * Every figure of a page of the sweep with its rows, in the page's order; null where the sweep has
 * no such page.
 */
export function pageFigures(page: PageId, sweep: SweepFacts, query: Query): FigureData[] | null {
  const trialOf = (number: number) => sweep.allTrials.find((trial) => trial.trial === number) ?? null;
  switch (page.kind) {
    case 'sweep':
      return applicableFigures(figures, sweep).map((figure) => figureData(figure, sweep, query));
    case 'trial': {
      const trial = trialOf(page.trial);
      if (trial === null) return null;
      const facts = trialPageFacts(sweep, trial);
      return applicableFigures(trialFigures, facts).map((figure) => figureData(figure, facts, query));
    }
    case 'layer': {
      const layer = sweep.layers[page.number];
      if (layer === undefined) return null;
      const { facts } = readLayerPageFacts(sweep, layer, query);
      return applicableFigures(layerFigures, facts).map((figure) => figureData(figure, facts, query));
    }
    case 'comparison': {
      const [trial = 0, other = 0, ...more] = page.trials;
      if (more.length > 0) {
        const group = readComparedGroup(query, sweep, page.trials, () => null);
        return group === null ? null : groupFigures.map((figure) => figureData(figure, group, query));
      }
      const compared = readComparedTrials(query, sweep, [trial, other], () => null);
      return compared === null ? null : comparisonFigures.map((figure) => figureData(figure, compared, query));
    }
  }
}
