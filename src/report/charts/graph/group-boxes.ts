import type { Box, BoxEdge, BoxGraph } from './box-graph.js';
import { crossingEdges } from './crossing-edges.js';
import { cutOrder } from './cut-order.js';

/** Neighbouring boxes that the overview of a large network shows as one. */
export interface BoxGroup {
  readonly boxes: readonly Box[];
}

/**
 * Boxes up to which the whole network is one picture; one of more is higher than two screens.
 */
const mostBoxes = 110;

/** What a group is like: worth opening, and small enough for a picture of some lines. */
const boxesOfGroup = 11;
const mostOfGroup = 24;

/**
 * The groups of a network; empty where it is small enough to be shown as a whole. They are
 * stretches of the order from input to output, so no arrow leads back. They end where few tensors
 * pass and where the names of modules change, e.g. between `layer2.3` and `layer2.4`.
 */
export function groupBoxes(graph: BoxGraph): BoxGroup[] {
  const { boxes } = graph;
  if (boxes.length <= mostBoxes) return [];
  const crossing = crossingEdges(graph);
  const modules = boxes.map(({ name }) => modulesOf(name));
  const starts = cutOrder({
    count: boxes.length,
    longest: mostOfGroup,
    costBefore: (index) => crossing[index]! - 1 + 0.4 * sharedModules(modules[index - 1]!, modules[index]!),
    costOfPart: (start, end) => 1.5 * ((end - start) / boxesOfGroup - 1) ** 2,
  });
  return starts.map((start, index) => ({ boxes: boxes.slice(start, starts[index + 1] ?? boxes.length) }));
}

/** Arrows between groups, by their places, each pair once. */
export function edgesOfGroups(groups: readonly BoxGroup[], edges: readonly BoxEdge[]): BoxEdge[] {
  const groupOf = new Map(groups.flatMap(({ boxes }, index) => boxes.map(({ id }) => [id, index] as const)));
  const found = new Map<string, BoxEdge>();
  for (const edge of edges) {
    const [from, to] = [groupOf.get(edge.from)!, groupOf.get(edge.to)!];
    if (from !== to) found.set(`${from} ${to}`, { from, to });
  }
  return [...found.values()].sort((a, b) => a.from - b.from || a.to - b.to);
}

/** Parts of a node's name, outermost first: of `/layer1/layer1.0/Add`, layer1, layer1, 0, Add. */
function modulesOf(name: string): string[] {
  return name.split(/[/.]/).filter((part) => part !== '');
}

function sharedModules(one: readonly string[], other: readonly string[]): number {
  const limit = Math.min(one.length, other.length) - 1;
  let shared = 0;
  while (shared < limit && one[shared] === other[shared]) shared += 1;
  return shared;
}
