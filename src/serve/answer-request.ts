import { createHash } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { isAllowedHost } from './allowed-hosts.js';
import type { EventStream } from './event-stream.js';
import type { LiveSite } from './live-site.js';
import { noticePage, type Notice } from '../report/served-report.js';

/** What a request is answered from. */
export interface Answering {
  readonly site: LiveSite;
  readonly events: EventStream;
  /** See {@link isAllowedHost}. */
  readonly host: { readonly asked: string; readonly address: string };
  /** Told what making a page ran into. */
  readonly failed: (error: unknown) => void;
}

/**
 * Sent with everything: nothing but the report's own files, in no frame, of no other site's page.
 */
const guards: OutgoingHttpHeaders = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

/** Kept by the browser, and asked for again at no cost. */
const kept: OutgoingHttpHeaders = { 'Cache-Control': 'no-cache' };

const noSuchPage: Notice = { title: 'No such page', text: 'The report has no page at this address.' };

const kinds: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};

/**
 * Answers one request. Only GET and HEAD, and only paths that the report itself has: none reaches
 * the file system, and nothing can be written.
 */
export async function answerRequest(request: IncomingMessage, response: ServerResponse, to: Answering): Promise<void> {
  if (!isAllowedHost(request.headers.host, to.host.asked, to.host.address)) {
    refuse(response, 421, {
      title: 'Another name',
      text: 'The report answers only at the address that quantsweep serve printed.',
    });
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const notice = { title: 'Read-only', text: 'The report can be read, not written to.' };
    refuse(response, 405, notice, { Allow: 'GET, HEAD', Connection: 'close' });
    return;
  }
  const path = sitePath(request.url ?? '');
  if (path === 'events') {
    answerEvents(request, response, to.events);
    return;
  }
  try {
    if (path === null) refuse(response, 404, noSuchPage);
    else await answerPath(request, response, path, to.site);
  } catch (error) {
    to.failed(error);
    const why = error instanceof Error ? error.message : String(error);
    refuse(response, 500, { title: 'The page could not be made', text: why });
  }
}

async function answerPath(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  site: LiveSite,
): Promise<void> {
  // A page that the reader has of this revision needs not be made.
  const { revision, trouble } = site.state();
  if (trouble === null && path.endsWith('.html') && isKnown(request, pageTag(revision))) {
    notModified(response, pageTag(revision));
    return;
  }
  const answer = await site.answer(path);
  switch (answer.kind) {
    case 'none':
      refuse(response, 404, noSuchPage);
      return;
    case 'page':
      send(response, 200, path, answer.text, { ...kept, ETag: pageTag(answer.revision) });
      return;
    case 'trouble':
      send(response, 503, path, answer.text, { 'Cache-Control': 'no-store', 'Retry-After': '2' });
      return;
    case 'asset': {
      const tag = `"${createHash('sha256').update(answer.text).digest('base64url').slice(0, 24)}"`;
      if (isKnown(request, tag)) notModified(response, tag);
      else send(response, 200, path, answer.text, { ...kept, ETag: tag });
      return;
    }
  }
}

/**
 * The report's path that an address stands for: a folder for its index; null where it can't be
 * decoded.
 */
export function sitePath(url: string): string | null {
  const path = url.replace(/[?#].*$/s, '');
  if (!path.startsWith('/')) return null;
  try {
    const decoded = decodeURIComponent(path.slice(1));
    return decoded === '' || decoded.endsWith('/') ? `${decoded}index.html` : decoded;
  } catch {
    return null;
  }
}

function answerEvents(request: IncomingMessage, response: ServerResponse, events: EventStream): void {
  const from = request.headers['sec-fetch-site'];
  if (from !== undefined && from !== 'same-origin' && from !== 'none') {
    refuse(response, 403, {
      title: 'For pages of the report',
      text: 'Events are only for pages of the report.',
    });
  } else if (events.isFull) {
    const notice = { title: 'Too many pages', text: 'Too many pages are following the database already.' };
    refuse(response, 503, notice, { 'Retry-After': '10' });
  } else {
    const headers = {
      ...guards,
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    };
    response.writeHead(200, headers);
    if (request.method === 'HEAD') response.end();
    else events.add(response);
  }
}

/** Weak: pages of a revision say the same, and may say it a few seconds later. */
function pageTag(revision: string): string {
  return `W/"${revision}"`;
}

function isKnown(request: IncomingMessage, tag: string): boolean {
  return request.headers['if-none-match']?.split(/,\s*/).includes(tag) === true;
}

function notModified(response: ServerResponse, tag: string): void {
  response.writeHead(304, { ...guards, ...kept, ETag: tag }).end();
}

/** A small page that says why there is no other. */
function refuse(response: ServerResponse, status: number, notice: Notice, headers: OutgoingHttpHeaders = {}): void {
  send(response, status, 'index.html', noticePage(notice), { 'Cache-Control': 'no-store', ...headers });
}

function send(
  response: ServerResponse,
  status: number,
  path: string,
  text: string,
  headers: OutgoingHttpHeaders,
): void {
  const body = Buffer.from(text, 'utf8');
  const type = kinds[path.slice(path.lastIndexOf('.') + 1)] ?? 'text/plain; charset=utf-8';
  response.writeHead(status, { ...guards, 'Content-Type': type, 'Content-Length': body.length, ...headers });
  // Node leaves the body of an answer to HEAD out by itself.
  response.end(body);
}
