import { Graph, layout } from '@dagrejs/dagre';

/** A graph that dagre lays out, as far as pictures use it. */
export interface LayoutGraph {
  setGraph(settings: LayoutSettings): unknown;
  setNode(id: string, size: { readonly width: number; readonly height: number }): unknown;
  setEdge(from: string, to: string, settings: { readonly weight: number }): unknown;
  /** Of its centre, once it is laid out. */
  node(id: string): { readonly x: number; readonly y: number };
  edge(from: string, to: string): { readonly points: readonly { readonly x: number; readonly y: number }[] };
}

/** In pixels: from line to line, between boxes and between arrows of a line. */
interface LayoutSettings {
  readonly rankdir: 'TB';
  readonly ranksep: number;
  readonly nodesep: number;
  readonly edgesep: number;
}

/**
 * The package's own types name files without their ending, which this project's resolution lacks.
 */
export const newGraph = (): LayoutGraph => new (Graph as unknown as new () => LayoutGraph)();

/** Puts places into the nodes and edges of a graph. */
export const layoutGraph = layout as unknown as (graph: LayoutGraph) => void;
