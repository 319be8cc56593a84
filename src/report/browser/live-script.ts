/**
 * The script of a page that follows a running database, before the page's own: listens to the server's events, fetches
 * the page again when the server has news, and puts what differs in place of what was there. What is equal stays as it
 * is, with its charts, open disclosures, sorting, scrolling and focus; what is replaced gets them again. Fetched text is
 * parsed without running anything (DOMParser), and its scripts are JSON that only the page's own script reads.
 *
 * A page that nobody sees closes its connection: browsers allow six to a server, and a server without listeners rests.
 */
export const liveScript = `'use strict';
(() => {
const here = document.currentScript.src;
const folder = decodeURIComponent(location.pathname.split('/').at(-2) || '');
const main = document.querySelector('main');
const line = document.createElement('div');
const when = line.appendChild(document.createElement('span'));
const what = line.appendChild(document.createElement('span'));
line.className = 'live-line';
what.setAttribute('role', 'status');
what.setAttribute('aria-live', 'polite');
document.body.insertBefore(line, main.nextSibling);

/* The page as the server sent it, to compare with what it sends next. */
for (const part of main.querySelectorAll('noscript')) part.remove();
let sent = main.cloneNode(true);

/* Replacing what differs */
function keyOf(node) {
  return node.nodeType === 1 ? node.tagName + '#' + node.id + '.' + (node.id ? '' : node.className) : '#text';
}
function isContainer(node) {
  return node.matches('main, section, main > div, .first > div') && !node.matches('.absent, .sources, .tiles');
}
function keyed(nodes) {
  const seen = new Map();
  return new Map([...nodes].map((node) => {
    const key = keyOf(node), count = (seen.get(key) || 0) + 1;
    seen.set(key, count);
    return [key + ' ' + count, node];
  }));
}
function patch(live, before, after, unpacked, states) {
  for (const { name, value } of after.attributes) if (live.getAttribute(name) !== value) live.setAttribute(name, value);
  const lives = [...live.childNodes], old = new Map([...keyed(before.childNodes)].map(([key, node], index) => [key, { node, live: lives[index] }]));
  const next = keyed(after.childNodes);
  for (const [key, one] of old) if (!next.has(key)) { forget(one.live, states); one.live.remove(); }
  let place = live.firstChild;
  for (const [key, node] of next) {
    const one = old.get(key);
    if (one && one.node.isEqualNode(node)) place = put(live, one.live, place);
    else if (one && node.nodeType === 1 && isContainer(one.live)) { place = put(live, one.live, place); patch(one.live, one.node, node, unpacked, states); }
    else {
      const come = document.importNode(node, true);
      if (one) { forget(one.live, states); if (place === one.live) place = place.nextSibling; }
      const restore = one && node.nodeType === 1 ? stateOf(one.live) : null;
      if (one) one.live.replaceWith(come);
      place = put(live, come, place);
      if (come.nodeType !== 1) continue;
      if (restore) restore(come);
      quantsweepPage.adopt(come, unpacked, states);
      if (restore) restore(come, true);
    }
  }
}
function put(parent, node, place) {
  if (node === place) return place.nextSibling;
  parent.insertBefore(node, place);
  return place;
}
function forget(node, states) {
  if (node.nodeType === 1) for (const [id, state] of quantsweepPage.discard(node)) states.set(id, state);
}

/* What a reader did to a part: choices before it is drawn; sorting, scrolling and focus after. */
function stateOf(part) {
  const all = (root, selector) => [...root.querySelectorAll(selector)];
  const focusable = 'a[href], button, select, summary, [tabindex]';
  const chosen = all(part, 'select').map((select) => [select.name, select.value]);
  const open = all(part, 'details').map((one) => one.open);
  const sorted = all(part, 'th[aria-sort]').findIndex((head) => head.getAttribute('aria-sort') !== 'none');
  const down = sorted >= 0 && all(part, 'th[aria-sort]')[sorted].getAttribute('aria-sort') === 'descending';
  const scrolled = all(part, '.scroll, pre').map((one) => [one.scrollTop, one.scrollLeft]);
  const focus = all(part, focusable).indexOf(document.activeElement);
  return (next, drawn) => {
    if (!drawn) {
      for (const [name, value] of chosen) {
        const select = all(next, 'select').find((one) => one.name === name);
        if (select && [...select.options].some((option) => option.value === value)) select.value = value;
      }
      all(next, 'details').forEach((one, index) => { if (open[index]) one.open = true; });
      return;
    }
    const head = sorted < 0 ? null : all(next, 'th[aria-sort]')[sorted];
    if (head) for (let turn = 0; turn <= Number(down); turn += 1) quantsweepPage.sortBy(head.closest('table'), head);
    const scroll = () => all(next, '.scroll, pre').forEach((one, index) => { if (scrolled[index]) one.scrollTo(scrolled[index][1], scrolled[index][0]); });
    scroll();
    /* Data tables fill when their disclosure says that it has opened. */
    if (open.includes(true)) setTimeout(scroll);
    if (focus >= 0) { const again = all(next, focusable)[focus]; if (again) again.focus({ preventScroll: true }); }
  };
}

/* The part at the top of the window stays there, whatever comes or goes above it. */
function anchor() {
  const parts = [...main.querySelectorAll('figure[id], section[id] > h2, .first, header')];
  const part = scrollY === 0 ? null : parts.find((one) => one.getBoundingClientRect().bottom > 0);
  if (!part) return () => {};
  const top = part.getBoundingClientRect().top, id = part.id;
  return () => {
    const now = part.isConnected ? part : id && document.getElementById(id);
    if (now) scrollBy({ top: now.getBoundingClientRect().top - top, behavior: 'instant' });
  };
}

async function update() {
  const answer = await fetch(location.pathname + location.search, { cache: 'no-store' });
  if (answer.status === 404) throw Object.assign(new Error('this page no longer exists'), { isFinal: true });
  if (!answer.ok) throw new Error('the server could not make the page');
  const fetched = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const next = fetched.querySelector('main');
  for (const part of next.querySelectorAll('noscript')) part.remove();
  const unpacked = await quantsweepPage.unpack(next);
  const hold = anchor();
  patch(main, sent, next, unpacked, new Map());
  sent = next;
  document.title = fetched.title;
  hold();
  tick();
}

/* Saying how current the page is */
let progress = '';
function say(text, lost) {
  line.classList.toggle('lost', Boolean(lost));
  if (what.textContent !== text) what.textContent = text;
}
function sayTrouble(text) {
  wanted = null;
  /* The page that waits for the database says it itself. */
  const waiting = main.dataset.revision === '' ? main.querySelector('.warning') : null;
  if (waiting) waiting.textContent = text;
  say(waiting ? 'waiting' : 'not updated: ' + text, true);
}
function sayUpdated() {
  /* When what the page shows was read: the time at its foot, to the second. */
  const made = main.dataset.made || '';
  when.textContent = made ? 'updated ' + made.slice(11, 19) + ' UTC' : '';
  say(progress);
}

/* Times that go on between updates */
let skew = 0;
function duration(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000)), two = (value) => String(value).padStart(2, '0');
  if (seconds < 60) return seconds + ' s';
  if (seconds < 3600) return Math.floor(seconds / 60) + ' min ' + two(seconds % 60) + ' s';
  return Math.floor(seconds / 3600) + ' h ' + two(Math.floor((seconds % 3600) / 60)) + ' min';
}
function tick() {
  if (!source || line.classList.contains('lost')) return;
  const now = Date.now() + skew;
  for (const cell of main.querySelectorAll('[data-since]')) cell.textContent = duration(now - Date.parse(cell.dataset.since));
  for (const cell of main.querySelectorAll('[data-until]')) cell.textContent = duration(Date.parse(cell.dataset.until) - now);
}
setInterval(tick, 1000);

/* News */
let source = null, wanted = null, working = false, again = 0, later = 0;
async function follow() {
  if (working) return;
  working = true;
  try {
    while (source && wanted !== null && wanted !== main.dataset.revision) {
      const asked = wanted;
      await update();
      if (main.dataset.revision !== asked && wanted === asked) break;
    }
    if (source) sayUpdated();
  } catch (error) {
    console.info(error);
    say('not updated: ' + error.message, true);
    clearTimeout(later);
    if (!error.isFinal) later = setTimeout(follow, 5000);
  }
  working = false;
}
function connect() {
  clearTimeout(again);
  if (source || document.visibilityState === 'hidden') return;
  const opened = source = new EventSource(new URL('../events', here));
  opened.addEventListener('state', ({ data }) => {
    const state = JSON.parse(data);
    skew = state.now - Date.now();
    if (state.trouble !== null) { sayTrouble(state.trouble); return; }
    wanted = state.revision;
    progress = state.progress[folder] || '';
    follow();
  });
  opened.addEventListener('error', () => {
    if (source !== opened) return;
    say('connection lost, trying again', true);
    if (opened.readyState !== EventSource.CLOSED) return;
    source = null;
    again = setTimeout(connect, 5000);
  });
}
function disconnect() {
  clearTimeout(again);
  clearTimeout(later);
  if (source) source.close();
  source = null;
}
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') disconnect(); else connect(); });
addEventListener('pagehide', disconnect);
addEventListener('pageshow', connect);
document.addEventListener('DOMContentLoaded', connect);
})();`;
