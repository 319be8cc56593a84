import { shortenedToWidth } from './shortened-to-width.js';
import { textWidth } from '../text-width.js';
import type { Box, BoxEdge, BoxGraph } from './box-graph.js';
import { edgesOfGroups, groupBoxes, type BoxGroup } from './group-boxes.js';
import { placeGraph } from './place-graph.js';
import type { Placed, PlacedEdge } from './placed-graph.js';

/** One picture of a network, or of a part of it. */
export interface NetworkPicture {
  /** Empty for the first, else the title of the part that it shows. */
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PictureBox[];
  readonly edges: readonly PlacedEdge[];
}

/** A box as it is drawn. */
export interface PictureBox extends Placed {
  /**
   * `group`: several boxes, which have a picture of their own; `outside`: a neighbour of the part.
   */
  readonly kind: Box['kind'] | 'group' | 'outside';
  /** Fits its width. */
  readonly title: string;
  /** The whole name, up to 200 letters. */
  readonly name: string;
  /** What follows in it, or how much is in a group; fits its width. */
  readonly note: string;
  /** Operators that it stands for, in words. */
  readonly operators: string;
  /** Number of the layer's node; null for what is no layer. */
  readonly node: number | null;
  /** Address of the layer's page; null without. */
  readonly href: string | null;
  /** Where a group's picture stands among the pictures; null for others. */
  readonly picture: number | null;
  /** A square for each layer of a group. */
  readonly cells: readonly { readonly node: number; readonly x: number; readonly y: number }[];
  /** True for the layer that the page is about. */
  readonly isCurrent: boolean;
}

/** How names of layers are written and where they link to, by position. */
export interface NetworkNames {
  readonly shortName: (position: number) => string;
  readonly href: (position: number) => string | null;
}

/** Pixels: what the page is wide, and how high columns of a part are about. */
const pageWidth = 1190;
const partHeight = 300;

/** Sizes of boxes in pixels. */
const layerSize = { width: 152, height: 37 };
const smallHeight = 20;
const groupWidth = 200;
/** Side of a group's square with the space after it, squares in a line, and where lines begin. */
export const cell = { size: 9, step: 11, perLine: 16, left: 10, top: 24 } as const;

const nameSize = 11.5;
const noteSize = 10.5;

/**
 * The pictures of a network: one, or of a large network an overview of groups and then one for each
 * group.
 */
export function networkPictures(graph: BoxGraph, names: NetworkNames): NetworkPicture[] {
  const groups = groupBoxes(graph);
  if (groups.length === 0) return [picture('', graph.boxes, graph.edges, names)];
  return [overview(groups, graph.edges, names), ...groups.map((group) => partOf(group, graph, names))];
}

/** A layer with what is at most so many steps before and after it. */
export function neighbourhoodPicture(
  graph: BoxGraph,
  layer: number,
  steps: number,
  names: NetworkNames,
): NetworkPicture | null {
  const center = graph.boxes.find(({ position }) => position === layer);
  if (center === undefined) return null;
  const near = new Set([
    ...within(graph.edges, center.id, steps, 'from'),
    ...within(graph.edges, center.id, steps, 'to'),
  ]);
  const boxes = graph.boxes.filter(({ id }) => near.has(id));
  const edges = graph.edges.filter(({ from, to }) => near.has(from) && near.has(to));
  return picture('', boxes, edges, names, { height: partHeight, current: center.id });
}

/** Ids at most so many steps from a box, along arrows or against them. */
function within(edges: readonly BoxEdge[], id: number, steps: number, side: 'from' | 'to'): Set<number> {
  const other = side === 'from' ? 'to' : 'from';
  let found = new Set([id]);
  for (let step = 0; step < steps; step += 1) {
    found = new Set([...found, ...edges.filter((edge) => found.has(edge[side])).map((edge) => edge[other])]);
  }
  return found;
}

function overview(groups: readonly BoxGroup[], edges: readonly BoxEdge[], names: NetworkNames): NetworkPicture {
  const drawn = groups.map(({ boxes }, id) => {
    const layers = boxes.filter(({ kind }) => kind === 'layer');
    const lines = Math.ceil(layers.length / cell.perLine);
    const title = titleOf(boxes, names);
    return {
      id,
      width: groupWidth,
      height: cell.top + Math.max(1, lines) * cell.step + 16,
      kind: 'group' as const,
      title: shortenedToWidth(title, groupWidth - 16, nameSize),
      name: title.slice(0, 200),
      note: countOf(boxes),
      operators: operatorsOf(boxes),
      node: null,
      href: null,
      picture: id + 1,
      isCurrent: false,
      cells: layers.map((layer, index) => ({
        node: layer.id,
        x: cell.left + (index % cell.perLine) * cell.step,
        y: cell.top + Math.floor(index / cell.perLine) * cell.step,
      })),
    };
  });
  return placed('', drawn, edgesOfGroups(groups, edges));
}

/** A group with the boxes before and after it. */
function partOf({ boxes }: BoxGroup, graph: BoxGraph, names: NetworkNames): NetworkPicture {
  const own = new Set(boxes.map(({ id }) => id));
  const edges = graph.edges.filter(({ from, to }) => own.has(from) || own.has(to));
  const shown = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const all = graph.boxes.filter(({ id }) => own.has(id) || shown.has(id));
  return picture(titleOf(boxes, names), all, edges, names, { height: partHeight, own });
}

function picture(
  title: string,
  boxes: readonly Box[],
  edges: readonly BoxEdge[],
  names: NetworkNames,
  {
    height,
    own,
    current,
  }: { readonly height?: number; readonly own?: ReadonlySet<number>; readonly current?: number } = {},
): NetworkPicture {
  const drawn = boxes.map((box) => drawnBox(box, own?.has(box.id) !== false, box.id === current, names));
  return placed(title, drawn, edges, height);
}

function placed(
  title: string,
  boxes: readonly Omit<PictureBox, 'x' | 'y'>[],
  edges: readonly BoxEdge[],
  height?: number,
): NetworkPicture {
  const graph = placeGraph({ boxes, edges }, { width: pageWidth, ...(height === undefined ? {} : { height }) });
  const at = new Map(graph.boxes.map((box) => [box.id, box]));
  return { ...graph, title, boxes: boxes.map((box) => ({ ...box, ...at.get(box.id)! })) };
}

function drawnBox(box: Box, isInside: boolean, isCurrent: boolean, names: NetworkNames): Omit<PictureBox, 'x' | 'y'> {
  const { id, op, name, position, followers } = box;
  const base = { id, name: name.slice(0, 200), operators: operatorsOf([box]), picture: null, cells: [], isCurrent };
  if (position !== null && isInside) {
    return {
      ...base,
      ...layerSize,
      kind: 'layer',
      title: shortenedToWidth(names.shortName(position), layerSize.width - 16, nameSize),
      note: followersText(followers, 74),
      node: id,
      href: names.href(position),
    };
  }
  const title =
    position === null && box.kind !== 'end'
      ? [op, followersText(followers, 84)].filter((part) => part !== '').join(' · ')
      : shortenedToWidth(position === null ? name : names.shortName(position), layerSize.width - 16, noteSize);
  return {
    ...base,
    width: Math.max(34, Math.round(textWidth(title, noteSize) * 1.15) + 16),
    height: smallHeight,
    kind: isInside ? box.kind : 'outside',
    title,
    note: '',
    node: null,
    href: position === null ? null : names.href(position),
  };
}

/** `Relu, MaxPool`; of more than fit the first and how many follow: `Clip +3`. */
function followersText(followers: readonly string[], width: number): string {
  const all = followers.join(', ');
  const [first = ''] = followers;
  const rest = followers.length > 1 ? ` +${followers.length - 1}` : '';
  return shortenedToWidth(all, width, noteSize) === all
    ? all
    : `${shortenedToWidth(first, width - 20, noteSize)}${rest}`;
}

/** First and last module, e.g. `layer2.4 – layer2.7`; of a part without layers its first node. */
function titleOf(boxes: readonly Box[], names: NetworkNames): string {
  const modules = boxes.flatMap(({ position }) => (position === null ? [] : [moduleOf(names.shortName(position))]));
  const [first, last] = [modules[0] ?? boxes[0]!.name, modules.at(-1) ?? boxes[0]!.name];
  return first === last ? first : `${first} – ${last}`;
}

/** Of `layer2.4/conv1`, `layer2.4`. */
function moduleOf(name: string): string {
  const end = name.lastIndexOf('/');
  return end > 0 ? name.slice(0, end) : name;
}

function countOf(boxes: readonly Box[]): string {
  const layers = boxes.filter(({ kind }) => kind === 'layer').length;
  const nodes = boxes.reduce((sum, box) => sum + box.nodes, 0);
  return `${layers} ${layers === 1 ? 'layer' : 'layers'}, ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`;
}

/** `Conv, Relu`; of several boxes each operator once, with how often it is there. */
function operatorsOf(boxes: readonly Box[]): string {
  const counts = new Map<string, number>();
  for (const { op, followers } of boxes)
    for (const one of [op, ...followers]) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].map(([op, count]) => (count === 1 ? op : `${count} ${op}`)).join(', ');
}
