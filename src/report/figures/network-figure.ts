import { boxGraph, type BoxGraph } from '../charts/graph/box-graph.js';
import { storedQuantities } from '../charts/graph/network-colours.js';
import type { NetworkNames, NetworkPicture } from '../charts/graph/network-picture.js';
import type { NetworkNode } from '../charts/graph/network-node.js';
import { moduleName } from '../charts/graph/module-name.js';
import type { SweepFacts } from '../facts/sweep-facts.js';
import type { Row } from '../query.js';
import { numberOf, numberOrNull, sqlText, textOf, textOrNull } from '../query.js';
import type { AbsentContent, Control, FigureContent } from './figure.js';
import { lossColumns, storedModes } from './loss-controls.js';

/** A trial whose numbers a picture can show. */
export interface NetworkTrial {
  readonly trial: number;
  /** Why it was chosen, and its label. */
  readonly label: string;
}

/**
 * The query behind a picture: a row for each node, and of a layer one for each trial and mode of
 * loss.
 *
 * @param near the layer whose surroundings are asked for; null: the whole model
 */
export function networkSql(
  facts: SweepFacts,
  model: string,
  trials: readonly NetworkTrial[],
  near: number | null,
): string {
  const sweep = sqlText(facts.sweep.name);
  const numbers = trials.map(({ trial }) => trial).join(', ');
  const ofTrials = `sweep = ${sweep} AND trial IN (${numbers})`;
  const hasSensitivity = facts.allTrials.some(({ role }) => role === 'sensitivity');
  return `WITH RECURSIVE edge AS MATERIALIZED (
  SELECT DISTINCT from_node, to_node FROM v_graph_edge WHERE sweep = ${sweep} AND model = ${sqlText(model)}),
node AS MATERIALIZED (
  SELECT node, name, op, shape, position FROM v_graph_node WHERE sweep = ${sweep} AND model = ${sqlText(model)}),
${near === null ? '' : nearSql(near)}source AS MATERIALIZED (
  SELECT to_node, group_concat(from_node, ' ') AS reads FROM (SELECT * FROM edge ORDER BY to_node, from_node) GROUP BY to_node),
bits AS MATERIALIZED (
  SELECT trial, position, max(bits) FILTER (WHERE role = 'weight') AS weight_bits, max(bits) FILTER (WHERE role = 'input') AS input_bits
  FROM v_amax WHERE ${ofTrials} GROUP BY trial, position)
SELECT n.node, n.name, n.op, n.shape, s.reads, n.position, t.trial, l.mode, l.l1, l.rel_l1, l.mse, l.sqnr_db, l.cosine_distance, l.max_abs,
       m.layer_alpha AS alpha, b.weight_bits, b.input_bits${hasSensitivity ? ', y.only_divergence, y.drop_only' : ''}
FROM node n
LEFT JOIN source s ON s.to_node = n.node
LEFT JOIN (SELECT trial FROM v_trial WHERE ${ofTrials}) t ON n.position IS NOT NULL
LEFT JOIN (SELECT trial, position, mode, ${lossColumns.join(', ')} FROM v_layer_loss WHERE ${ofTrials}) l ON l.trial = t.trial AND l.position = n.position
LEFT JOIN (SELECT trial, position, layer_alpha FROM v_smoothing WHERE ${ofTrials}) m ON m.trial = t.trial AND m.position = n.position
LEFT JOIN bits b ON b.trial = t.trial AND b.position = n.position${
    hasSensitivity
      ? `
LEFT JOIN (SELECT position, only_divergence, drop_only FROM v_sensitivity WHERE sweep = ${sweep} AND model = ${sqlText(model)} AND setting = 1) y ON y.position = n.position`
      : ''
  }${near === null ? '' : '\nWHERE n.node IN (SELECT node FROM near)'}
ORDER BY n.node, t.trial, l.mode`;
}

/** The nodes at most six steps from a layer, in whichever direction arrows lead, as `near`. */
function nearSql(position: number): string {
  return `near (node, steps) AS (
  SELECT node, 0 FROM node WHERE position = ${position}
  UNION SELECT iif(e.from_node = w.node, e.to_node, e.from_node), w.steps + 1
  FROM near w JOIN edge e ON w.node IN (e.from_node, e.to_node) WHERE w.steps < 6),
`;
}

/** Said where an earlier version recorded the model. */
export const graphNotStored: AbsentContent = {
  kind: 'absent',
  note: 'The database does not hold the model’s graph: running the sweep again stores it, and runs no finished trial again.',
  holdsWhilePending: true,
};

/** What a picture is made of, by the rows of {@link networkSql}. */
export interface NetworkRows {
  readonly graph: BoxGraph;
  readonly names: NetworkNames;
}

/** The boxes of the rows' nodes, with names and links of layers. */
export function readNetwork(rows: readonly Row[], facts: SweepFacts, model: string): NetworkRows {
  const nodes = new Map<number, NetworkNode>();
  for (const row of rows) {
    const node = numberOf(row, 'node');
    if (!nodes.has(node)) nodes.set(node, toNode(row, node));
  }
  const own = facts.layers.filter((layer) => layer.model === model);
  const short = new Map(own.map(({ position, name, op }) => [position, moduleName(name, op)]));
  return {
    graph: boxGraph([...nodes.values()]),
    names: {
      shortName: (position) => short.get(position) ?? String(position),
      href: (position) => facts.links.layer(model, position),
    },
  };
}

function toNode(row: Row, node: number): NetworkNode {
  return {
    node,
    name: textOf(row, 'name'),
    op: textOf(row, 'op'),
    position: numberOrNull(row, 'position'),
    reads: (textOrNull(row, 'reads') ?? '')
      .split(' ')
      .filter((text) => text !== '')
      .map(Number),
  };
}

/** A figure of pictures, with what can be chosen above them. */
export function networkContent(
  rows: readonly Row[],
  pictures: readonly NetworkPicture[],
  trials: readonly NetworkTrial[],
  text: { readonly caption: string; readonly details: string; readonly alt: string },
): FigureContent {
  return { kind: 'graph', pictures, controls: networkControls(rows, trials), ...text };
}

/** What to colour by, with how much of the network quantized, in which trial. */
function networkControls(rows: readonly Row[], trials: readonly NetworkTrial[]): Control[] {
  const quantities = storedQuantities(rows);
  const modes = storedModes(rows);
  const shown = trials.filter(({ trial }) => rows.some((row) => row['trial'] === trial));
  const controls: Control[] = [
    {
      param: 'shows',
      label: 'colour by',
      options: quantities.map(({ field, label }) => ({ value: field, label })),
    },
    { param: 'mode', label: 'quantized', options: modes },
    { param: 'trial', label: 'trial', options: shown.map(({ trial, label }) => ({ value: trial, label })) },
  ];
  return controls.filter(({ options }) => options.length > 0);
}
