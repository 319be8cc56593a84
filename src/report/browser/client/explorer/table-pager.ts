import { element } from '../element.js';

/** Which part of a table is shown. */
export interface TablePart {
  readonly page: number;
  readonly pages: number;
  readonly perPage: number;
  /** Of all pages together. */
  readonly rows: number;
}

/** Which rows are shown of how many, and buttons to the others; nothing where all are. */
export function tablePager({ page, pages, perPage, rows }: TablePart, turnTo: (page: number) => void): HTMLElement[] {
  if (pages === 1) return [];
  const first = (page - 1) * perPage + 1;
  const last = Math.min(rows, page * perPage);
  const button = (text: string, to: number): HTMLButtonElement => {
    const node = element('button', '', text);
    node.type = 'button';
    node.disabled = to < 1 || to > pages || to === page;
    node.dataset['focus'] = text;
    node.addEventListener('click', () => {
      turnTo(to);
      refocus(text);
    });
    return node;
  };
  return [
    button('First', 1),
    button('Previous', page - 1),
    element('span', '', `${first}–${last} of ${rows}`),
    button('Next', page + 1),
    button('Last', pages),
  ];
}

/** The buttons are made anew with each page: the one that was used keeps the focus. */
function refocus(text: string): void {
  const again = document.querySelector<HTMLButtonElement>(`.pager [data-focus="${text}"]:not(:disabled)`);
  (again ?? document.querySelector<HTMLElement>('.pager button:not(:disabled)'))?.focus();
}
