import type { LiveState } from '../live-state.js';
import { elapsedText } from './live/elapsed-text.js';
import { holdPlace } from './live/hold-place.js';
import { patchPage } from './live/patch-page.js';
import { createStatusLine } from './live/status-line.js';
import { messageOf } from './message-of.js';

/**
 * The script of a page that follows a running database, before the page's own: listens to the
 * server's events, fetches the page again when the server has news, and puts what differs in place
 * of what was there. Fetched text is parsed without running anything (DOMParser), and its scripts
 * are JSON that only the page's own script reads.
 *
 * A page that nobody sees closes its connection: browsers allow six to a server, and a server
 * without listeners rests.
 */
const here = (document.currentScript as HTMLScriptElement).src;
const folder = decodeURIComponent(location.pathname.split('/').at(-2) ?? '');
const main = document.querySelector('main')!;
const line = createStatusLine(main);

/** Between an update or a connection that failed and the next try. */
const retryMs = 5000;

/** The page as the server sent it, to compare with what it sends next. */
let sent = withoutNoscript(main).cloneNode(true) as HTMLElement;

/** The page is no longer there: no try will bring it. */
class PageGone extends Error {}

/** How the page and the server stand. */
let source: EventSource | null = null;
/** Revision that the server has; null before its first word, and while it has trouble. */
let wanted: string | null = null;
let progress = '';
/** The server's clock less this one's, in milliseconds. */
let skew = 0;
let isUpdating = false;
let nextConnection: ReturnType<typeof setTimeout> | undefined;
let nextUpdate: ReturnType<typeof setTimeout> | undefined;

document.addEventListener('DOMContentLoaded', connect);
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') disconnect();
  else connect();
});
addEventListener('pagehide', disconnect);
addEventListener('pageshow', connect);
setInterval(tick, 1000);

function connect(): void {
  clearTimeout(nextConnection);
  if (source !== null || document.visibilityState === 'hidden') return;
  const opened = new EventSource(new URL('../events', here));
  source = opened;
  opened.addEventListener('state', (event: MessageEvent<string>) => {
    hear(JSON.parse(event.data) as LiveState);
  });
  opened.addEventListener('error', () => {
    if (source !== opened) return;
    line.say('connection lost, trying again', true);
    if (opened.readyState !== EventSource.CLOSED) return;
    source = null;
    nextConnection = setTimeout(connect, retryMs);
  });
}

function disconnect(): void {
  clearTimeout(nextConnection);
  clearTimeout(nextUpdate);
  source?.close();
  source = null;
}

function hear(state: LiveState): void {
  skew = state.now - Date.now();
  if (state.trouble !== null) {
    sayTrouble(state.trouble);
    return;
  }
  wanted = state.revision;
  progress = state.progress[folder] ?? '';
  void follow();
}

/** Updates until the page is of the revision that the server has. */
async function follow(): Promise<void> {
  if (isUpdating) return;
  isUpdating = true;
  try {
    while (isBehind()) {
      const asked = wanted;
      await update();
      // The server may be behind what it said; its next word comes by itself.
      if (main.dataset['revision'] !== asked && wanted === asked) break;
    }
    if (isConnected()) {
      line.sayWhen(main.dataset['made'] ?? '');
      line.say(progress);
    }
  } catch (error) {
    console.info(error);
    line.say(`not updated: ${messageOf(error)}`, true);
    clearTimeout(nextUpdate);
    if (!(error instanceof PageGone)) nextUpdate = setTimeout(() => void follow(), retryMs);
  }
  isUpdating = false;
}

function isConnected(): boolean {
  return source !== null;
}

function isBehind(): boolean {
  return isConnected() && wanted !== null && wanted !== main.dataset['revision'];
}

async function update(): Promise<void> {
  const answer = await fetch(location.pathname + location.search, { cache: 'no-store' });
  if (answer.status === 404) throw new PageGone('this page no longer exists');
  if (!answer.ok) throw new Error('the server could not make the page');
  const fetched = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const next = withoutNoscript(fetched.querySelector('main')!);
  const unpacked = await quantsweepPage.unpack(next);
  const putBack = holdPlace(main);
  patchPage(main, sent, next, quantsweepPage, unpacked);
  sent = next;
  document.title = fetched.title;
  putBack();
  // What charts and tables add once they are drawn would push the reader's place away.
  requestAnimationFrame(putBack);
  tick();
}

/**
 * A document that is parsed without scripting has elements in `noscript` where the page has text.
 */
function withoutNoscript(root: HTMLElement): HTMLElement {
  for (const part of root.querySelectorAll('noscript')) part.remove();
  return root;
}

function sayTrouble(text: string): void {
  wanted = null;
  // The page that waits for the database says it itself.
  const waiting = main.dataset['revision'] === '' ? main.querySelector('.warning') : null;
  if (waiting !== null) waiting.textContent = text;
  line.say(waiting === null ? `not updated: ${text}` : 'waiting', true);
}

/** Times that go on between updates. */
function tick(): void {
  if (source === null || line.isLost()) return;
  const now = Date.now() + skew;
  for (const cell of main.querySelectorAll<HTMLElement>('[data-since]'))
    cell.textContent = elapsedText(now - Date.parse(cell.dataset['since']!));
  for (const cell of main.querySelectorAll<HTMLElement>('[data-until]'))
    cell.textContent = elapsedText(Date.parse(cell.dataset['until']!) - now);
}
