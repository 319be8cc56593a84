/** A node of a model's graph as a picture takes it. */
export interface NetworkNode {
  /** Number in the model; every node reads only nodes of smaller numbers. */
  readonly node: number;
  readonly name: string;
  /** Operator type; `Input` and `Output` are the ends of the graph. */
  readonly op: string;
  /** Position of the layer that it is; null where it is none. */
  readonly position: number | null;
  /** Numbers of the nodes that it reads, each once. */
  readonly reads: readonly number[];
}
