import type { FigureState } from '../figure-state.js';
import type { ReplaceablePage } from '../replaceable-page.js';
import type { Selections } from '../selections.js';
import { keyedNodes } from './keyed-nodes.js';
import { readerState } from './reader-state.js';

/** What goes along while a page is patched. */
interface Patch {
  readonly page: ReplaceablePage;
  /** Figures of the page that was fetched. */
  readonly unpacked: ReadonlyMap<string, FigureState>;
  /** Selections in charts that have left, by figure. */
  readonly selections: Map<string, readonly Selections[]>;
}

/**
 * Puts what differs between two versions of the page in place of what was there. What is equal
 * stays as it is, with its charts, open disclosures, sorting, scrolling and focus; what is replaced
 * gets them again.
 *
 * @param live the element in the document, made from `before` and changed by scripts since
 * @param before as the server sent it
 * @param after as the server sends it now
 */
export function patchPage(
  live: Element,
  before: Element,
  after: Element,
  page: ReplaceablePage,
  unpacked: ReadonlyMap<string, FigureState>,
): void {
  patch(live, before, after, { page, unpacked, selections: new Map() });
}

function patch(live: Element, before: Element, after: Element, along: Patch): void {
  for (const { name, value } of after.attributes) {
    if (live.getAttribute(name) !== value) live.setAttribute(name, value);
  }
  const lives = [...live.childNodes];
  const old = new Map(
    [...keyedNodes(before.childNodes)].map(([key, node], index) => [key, { node, live: lives[index]! }] as const),
  );
  const next = keyedNodes(after.childNodes);
  for (const [key, one] of old) {
    if (next.has(key)) continue;
    discard(one.live, along);
    one.live.remove();
  }
  let place: ChildNode | null = live.firstChild;
  for (const [key, node] of next) {
    const one = old.get(key);
    if (one?.node.isEqualNode(node) === true) place = put(live, one.live, place);
    else if (one !== undefined && isContainer(one.live)) {
      place = put(live, one.live, place);
      patch(one.live, one.node as Element, node as Element, along);
    } else if (one === undefined) place = insert(live, node, place, along);
    else {
      if (place === one.live) place = place.nextSibling;
      place = replace(live, one.live, node, place, along);
    }
  }
}

/**
 * Elements that are patched within, others are replaced whole. Agents change every few seconds:
 * whoever reads or copies a row of theirs keeps it.
 */
function isContainer(node: Node): node is Element {
  return (
    node instanceof Element &&
    node.matches('main, section, main > div, .first > div, .agents, .agents *, .logs, .logs *') &&
    !node.matches('.absent, .sources, .sources *, .tiles, script')
  );
}

function insert(parent: Element, node: Node, place: ChildNode | null, along: Patch): ChildNode | null {
  const come = document.importNode(node, true) as ChildNode;
  const after = put(parent, come, place);
  if (come instanceof Element) along.page.adopt(come, along.unpacked, along.selections);
  return after;
}

function replace(parent: Element, old: ChildNode, node: Node, place: ChildNode | null, along: Patch): ChildNode | null {
  discard(old, along);
  const state = old instanceof Element ? readerState(old, along.page.sortBy) : null;
  const come = document.importNode(node, true) as ChildNode;
  old.replaceWith(come);
  const after = put(parent, come, place);
  if (come instanceof Element) {
    state?.choose(come);
    along.page.adopt(come, along.unpacked, along.selections);
    state?.arrange(come);
  }
  return after;
}

/** Puts a node before `place` unless it is there; returns what comes after it. */
function put(parent: Element, node: ChildNode, place: ChildNode | null): ChildNode | null {
  if (node === place) return node.nextSibling;
  parent.insertBefore(node, place);
  return place;
}

function discard(node: Node, { page, selections }: Patch): void {
  if (!(node instanceof Element)) return;
  for (const [id, selected] of page.discard(node)) selections.set(id, selected);
}
