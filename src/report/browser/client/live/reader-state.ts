import type { ReplaceablePage } from '../replaceable-page.js';

/** What a reader did to a part of the page, to be done again to what takes its place. */
export interface ReaderState {
  /** Before the part's charts are drawn: choices, and what is open. */
  readonly choose: (next: Element) => void;
  /** After they are drawn: sorting, scrolling and focus. */
  readonly arrange: (next: Element) => void;
}

/** Explored tables keep their own order, columns and selection; see explorer. */
const sortable = 'th[aria-sort]:not(.explored th)';
const expandedButton = 'button[aria-expanded="true"]';
const scrollable = '.scroll, pre';
const focusable = 'a[href], button, input, select, summary, [tabindex]';

/** Reads what the reader did to a part, before it leaves the page. */
export function readerState(part: Element, sortBy: ReplaceablePage['sortBy']): ReaderState {
  const chosen = all<HTMLSelectElement>(part, 'select').map(({ name, value }) => ({ name, value }));
  const open = all<HTMLDetailsElement>(part, 'details').map((details) => details.open);
  // Menus that the page's script makes are there again once that has run.
  const expanded = all(part, expandedButton).map((button) => button.dataset['focus']);
  const sorting = all(part, sortable).map((head) => head.getAttribute('aria-sort'));
  const sorted = sorting.findIndex((direction) => direction !== 'none');
  const scrolled = all(part, scrollable).map(({ scrollTop, scrollLeft }) => ({ scrollTop, scrollLeft }));
  const focus = all(part, focusable).findIndex((one) => one === document.activeElement);
  const focused = all(part, focusable)[focus];
  const caret = focused instanceof HTMLInputElement && focused.type === 'search' ? focused.selectionStart : null;
  return { choose, arrange };

  function choose(next: Element): void {
    for (const { name, value } of chosen) {
      const select = all<HTMLSelectElement>(next, 'select').find((one) => one.name === name);
      if (select !== undefined && [...select.options].some((option) => option.value === value)) select.value = value;
    }
    all<HTMLDetailsElement>(next, 'details').forEach((details, index) => {
      if (open[index] === true) details.open = true;
    });
  }

  function arrange(next: Element): void {
    for (const name of expanded) all(next, 'button[aria-expanded="false"]').find(isNamed(name))?.click();
    const head = all(next, sortable)[sorted];
    if (head !== undefined) {
      // The second click turns the order round.
      const clicks = sorting[sorted] === 'descending' ? 2 : 1;
      for (let click = 0; click < clicks; click += 1) sortBy(head.closest('table')!, head);
    }
    scroll(next);
    // Data tables fill when their disclosure says that it has opened.
    if (open.includes(true)) {
      setTimeout(() => {
        scroll(next);
      });
    }
    if (focused !== undefined) focusIn(next, focused);
  }

  /** Rows come and go: what has a name of its own is found by it, the rest by its place. */
  function focusIn(next: Element, { dataset: { focus: name } }: HTMLElement): void {
    const shown = all(next, focusable);
    const target = name === undefined ? shown[focus] : shown.find((one) => one.dataset['focus'] === name);
    target?.focus({ preventScroll: true });
    if (caret !== null && target instanceof HTMLInputElement) target.setSelectionRange(caret, caret);
  }

  function scroll(next: Element): void {
    all(next, scrollable).forEach((one, index) => {
      const before = scrolled[index];
      if (before !== undefined) one.scrollTo(before.scrollLeft, before.scrollTop);
    });
  }
}

function isNamed(name: string | undefined): (one: HTMLElement) => boolean {
  return ({ dataset }) => name !== undefined && dataset['focus'] === name;
}

function all<One extends Element = HTMLElement>(root: Element, selector: string): One[] {
  return [...root.querySelectorAll<One>(selector)];
}
