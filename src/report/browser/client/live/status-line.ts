import { element } from '../element.js';

/** The line at the page's foot that says how current it is. */
export interface StatusLine {
  /** Says something; marked where the page may be out of date. */
  readonly say: (text: string, isLost?: boolean) => void;
  /** Says when what the page shows was read; nothing where that is empty. */
  readonly sayWhen: (made: string) => void;
  readonly isLost: () => boolean;
}

/** Adds the line after the page's content. */
export function createStatusLine(main: Element): StatusLine {
  const line = element('div', 'live-line');
  const when = line.appendChild(element('span'));
  const what = line.appendChild(element('span'));
  what.setAttribute('role', 'status');
  what.setAttribute('aria-live', 'polite');
  main.after(line);
  return {
    say(text, isLost = false) {
      line.classList.toggle('lost', isLost);
      // Screen readers read out what is set, changed or not.
      if (what.textContent !== text) what.textContent = text;
    },
    sayWhen(made) {
      when.textContent = updatedText(made);
    },
    isLost: () => line.classList.contains('lost'),
  };
}

/** `updated 11:50:02 UTC` of a UTC time (ISO 8601); empty of none. */
export function updatedText(made: string): string {
  return made === '' ? '' : `updated ${made.slice(11, 19)} UTC`;
}
