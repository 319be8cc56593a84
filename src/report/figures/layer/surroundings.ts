import { neighbourhoodPicture } from '../../charts/graph/network-picture.js';
import type { LayerPageFacts } from '../../facts/layer-page-facts.js';
import type { PageFigure } from '../figure.js';
import { graphNotStored, networkContent, networkSql, readNetwork } from '../network-figure.js';

/** How many boxes before and after the layer are shown. */
const steps = 2;

/** The layer between its neighbours in the network. */
export const surroundings: PageFigure<LayerPageFacts> = {
  id: 'network',
  section: 'network',
  title: () => 'The layer in the network',
  sql: ({ sweep, layer, shown }) => networkSql(sweep, layer.model, shown, layer.position),
  build: (rows, { sweep, layer, shown }) => {
    const { graph, names } = readNetwork(rows, sweep, layer.model);
    const picture = neighbourhoodPicture(graph, layer.position, steps, names);
    if (picture === null) {
      return rows.length === 0 && layer.unsupported === null
        ? graphNotStored
        : { kind: 'absent', note: 'The layer is inside another node of the graph.', holdsWhilePending: true };
    }
    const trials = shown.map(({ trial, why, label }) => ({ trial, label: why === label ? label : `${why}: ${label}` }));
    return networkContent(rows, [picture], trials, {
      caption: 'The layer (thick frame) between what comes before and after it. Click a neighbour for its page.',
      details:
        'A box is a layer with the operators that follow it. Arrows are tensors; where branches meet, a small box names the operator. The strongest colour is the worst of the layers around, over all trials in the list. A dashed frame: the trial leaves the layer in float.',
      alt: `Graph around ${layer.name}.`,
    });
  },
};
