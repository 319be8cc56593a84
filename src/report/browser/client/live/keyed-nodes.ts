/** The parts of a node that {@link keyedNodes} reads. */
export type KeyedNode = Pick<Node, 'nodeType'> & Partial<Pick<Element, 'tagName' | 'id' | 'className'>>;

const elementType = 1;

/**
 * Nodes by what names them in two versions of a page: tag and id, or tag and class where there is
 * no id, and their place among those of the same name.
 */
export function keyedNodes<One extends KeyedNode>(nodes: Iterable<One>): Map<string, One> {
  const seen = new Map<string, number>();
  const keyed = new Map<string, One>();
  for (const node of nodes) {
    const key = keyOf(node);
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    keyed.set(`${key} ${count}`, node);
  }
  return keyed;
}

function keyOf({ nodeType, tagName = '', id = '', className = '' }: KeyedNode): string {
  if (nodeType !== elementType) return '#text';
  return id === '' ? `${tagName}#.${className}` : `${tagName}#${id}.`;
}
