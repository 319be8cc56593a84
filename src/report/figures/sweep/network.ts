import { networkPictures } from '../../charts/graph/network-picture.js';
import { networkModel, networkTrials } from '../../facts/network-trials.js';
import type { Figure } from '../figure.js';
import { graphNotStored, networkContent, networkSql, readNetwork } from '../network-figure.js';
import { countText } from '../../number-text.js';

/** The network with its layers coloured by loss, alpha or bits. */
export const network: Figure = {
  id: 'network',
  section: 'layers',
  title: () => 'The network, layer by layer',
  sql: (facts) => {
    const model = networkModel(facts) ?? '';
    return networkSql(facts, model, networkTrials(facts, model), null);
  },
  build: (rows, facts) => {
    const model = networkModel(facts);
    if (model === null || rows.length === 0) return graphNotStored;
    const { graph, names } = readNetwork(rows, facts, model);
    const pictures = networkPictures(graph, names);
    const groups = pictures.length - 1;
    const layers = graph.boxes.filter(({ kind }) => kind === 'layer').length;
    const models = new Set(facts.layers.map((layer) => layer.model)).size;
    const order = 'Read down, then to the right.';
    const hasPages = facts.layers.some((layer) => layer.model === model && names.href(layer.position) !== null);
    return networkContent(rows, pictures, networkTrials(facts, model), {
      caption:
        groups > 0
          ? `${model}: ${countText(layers, 'layer')} in ${groups} groups, a square for each layer. ${order} Click a group to open it.`
          : `${model}: ${countText(layers, 'layer')}. ${order}${hasPages ? ' Click a layer for its page.' : ''}`,
      details: [
        'A box is a layer with the operators that follow it. Arrows are tensors; where branches meet, a small box names the operator.',
        'The strongest colour is the worst; its limits are those of all trials in the list, so that trials can be compared.',
        'A dashed frame: the trial leaves the layer in float.',
        graph.leftOut > 0 ? `Left out: ${countText(graph.leftOut, 'operator')} that only compute shapes.` : '',
        models > 1 ? `The sweep has ${models} models; this is that of the best setting.` : '',
        `Arrow keys move from layer to layer${hasPages ? ', Enter opens its page' : ''}.`,
      ]
        .filter((part) => part !== '')
        .join(' '),
      alt: `Graph of ${model}, ${countText(layers, 'layer')} from input to output.`,
    });
  },
};
