import type { FigureData } from './figure-data.js';
import { figureData } from './figure-data.js';
import { comparisonFigures } from './figures/comparison/index.js';
import { figures } from './figures/index.js';
import { layerFigures } from './figures/layer/index.js';
import { trialFigures } from './figures/trial/index.js';
import { trialPageFacts } from './pages/trial-page-facts.js';
import type { Query } from './query.js';
import type { PageId } from './site-map.js';
import type { SweepFacts } from './sweep-facts.js';

/** Every figure of a page of the sweep with its rows, in the page's order; null where the sweep has no such page. */
export function pageFigures(page: PageId, sweep: SweepFacts, query: Query): FigureData[] | null {
  const trialOf = (number: number) => sweep.allTrials.find((trial) => trial.trial === number) ?? null;
  switch (page.kind) {
    case 'sweep':
      return figures.map((figure) => figureData(figure, sweep, query));
    case 'trial': {
      const trial = trialOf(page.trial);
      return trial === null
        ? null
        : trialFigures.map((figure) => figureData(figure, trialPageFacts(sweep, trial), query));
    }
    case 'layer': {
      const layer = sweep.layers[page.number];
      return layer === undefined ? null : layerFigures.map((figure) => figureData(figure, { sweep, layer }, query));
    }
    case 'comparison': {
      const [trial, other] = page.pair.map(trialOf);
      if (trial === null || trial === undefined || other === null || other === undefined) return null;
      return comparisonFigures.map((figure) => figureData(figure, { sweep, trial, other }, query));
    }
  }
}
