import type { Place } from '../experiment-error.js';

/**
 * A value of the experiment that remembers where it was written, so that an axis value or an
 * override can be blamed.
 */
export type LocatedNode = LocatedScalar | LocatedList | LocatedMapping;

export interface LocatedScalar {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  readonly place: Place;
}

export interface LocatedList {
  readonly kind: 'list';
  readonly items: readonly LocatedNode[];
  readonly place: Place;
}

export interface LocatedEntry {
  /** Where the key was written. */
  readonly keyPlace: Place;
  readonly node: LocatedNode;
}

export interface LocatedMapping {
  readonly kind: 'mapping';
  readonly entries: ReadonlyMap<string, LocatedEntry>;
  readonly place: Place;
}

/** The value without its places. */
export function toPlain(node: LocatedNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(toPlain);
    case 'mapping':
      return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toPlain(entry.node)]));
  }
}

/** The entry of a mapping; undefined for another kind of node and for an unknown key. */
export function entryOf(node: LocatedNode | undefined, key: string): LocatedEntry | undefined {
  return node?.kind === 'mapping' ? node.entries.get(key) : undefined;
}

function childOf(node: LocatedNode, segment: PropertyKey): LocatedNode | undefined {
  if (node.kind === 'list') return typeof segment === 'number' ? node.items[segment] : undefined;
  return entryOf(node, String(segment))?.node;
}

/**
 * Where the value at a path was written, or, where there is none, the nearest mapping or list
 * around it.
 */
export function placeOf(root: LocatedNode, path: readonly PropertyKey[]): Place {
  let node = root;
  for (const segment of path) {
    const child = childOf(node, segment);
    if (child === undefined) break;
    node = child;
  }
  return node.place;
}

/** The value at a path; undefined where there is none. */
export function nodeAt(root: LocatedNode, path: readonly PropertyKey[]): LocatedNode | undefined {
  let node: LocatedNode | undefined = root;
  for (const segment of path) node = node === undefined ? undefined : childOf(node, segment);
  return node;
}

/**
 * A copy of the tree with the value at a path replaced or added; mappings that are missing on the
 * way are made. Where a scalar or a list is in the way the tree is returned as it is: validation
 * will name that value.
 */
export function withNodeAt(root: LocatedNode, path: readonly string[], node: LocatedNode): LocatedNode {
  const [key, ...rest] = path;
  if (key === undefined) return node;
  if (root.kind !== 'mapping') return root;
  const present = root.entries.get(key);
  const inner: LocatedNode = present?.node ?? { kind: 'mapping', entries: new Map(), place: node.place };
  const entry = { keyPlace: present?.keyPlace ?? node.place, node: withNodeAt(inner, rest, node) };
  return { ...root, entries: new Map(root.entries).set(key, entry) };
}
