import { element } from './element.js';
import { inflate } from './inflate.js';
import { messageOf } from './message-of.js';

/**
 * The script of a page that is passed on alone: inflates the page's scripts and runs them in order.
 * They are inserted as inline scripts, which the policy allows by their hashes like any other, so a
 * page of 700 kB is one of 400.
 */
async function start(): Promise<void> {
  try {
    const packed = document.querySelector('script[data-scripts]')!.textContent;
    for (const source of (await inflate(packed)) as readonly string[]) {
      document.body.append(element('script', '', source));
    }
  } catch (error) {
    const text = `The charts could not be started: ${messageOf(error)}. A browser of 2023 or later draws them.`;
    document.querySelector('main header')!.after(element('p', 'warning', text));
  }
}

void start();
