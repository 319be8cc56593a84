import { createHash } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { escapeHtml } from '../../report/html.js';
import { pageHtml } from '../../report/page.js';
import { isAllowedHost } from './allowed-hosts.js';
import type { EventStream } from './event-stream.js';
import type { LiveSite } from './live-site.js';

/** What a request is answered from. */
export interface Answering {
  readonly site: LiveSite;
  readonly events: EventStream;
  /** See {@link isAllowedHost}. */
  readonly host: { readonly asked: string; readonly address: string };
  /** Told what making a page ran into. */
  readonly failed: (error: unknown) => void;
}

/** Sent with everything: nothing but the report's own files, in no frame, of no other site's page. */
const guards: OutgoingHttpHeaders = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

const kinds: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};

/**
 * Answers one request. Only GET and HEAD, and only paths that the report itself has: none reaches the file system, and
 * nothing can be written.
 */
export async function answerRequest(request: IncomingMessage, response: ServerResponse, to: Answering): Promise<void> {
  if (!isAllowedHost(request.headers.host, to.host.asked, to.host.address)) {
    refuse(response, 421, 'Another name', 'The report answers under the address that quantsweep serve has printed.');
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    refuse(response, 405, 'Only for reading', 'The report can be read, not written to.', {
      Allow: 'GET, HEAD',
      Connection: 'close',
    });
    return;
  }
  const path = sitePath(request.url ?? '');
  if (path === 'events') {
    answerEvents(request, response, to.events);
    return;
  }
  try {
    const text = path === null ? null : await to.site.render(path);
    if (path === null || text === null)
      refuse(response, 404, 'No such page', 'The report has no page of this address.');
    else if (path.startsWith('assets/')) sendAsset(request, response, path, text);
    else send(response, 200, path, text, { 'Cache-Control': 'no-store' });
  } catch (error) {
    to.failed(error);
    const why = error instanceof Error ? error.message : String(error);
    refuse(response, 500, 'The page could not be made', why);
  }
}

/** The report's path that an address stands for: a folder for its index; null where it can't be decoded. */
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
    refuse(response, 403, 'For pages of the report', 'Events are for the pages of the report itself.');
  } else if (events.isFull) {
    refuse(response, 503, 'Too many pages', 'Too many pages follow the database already.', { 'Retry-After': '10' });
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

/** Files that all pages share: kept by the browser, and asked for again at no cost. */
function sendAsset(request: IncomingMessage, response: ServerResponse, path: string, text: string): void {
  const tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 24)}"`;
  const headers = { ETag: tag, 'Cache-Control': 'no-cache' };
  if (request.headers['if-none-match']?.split(/,\s*/).includes(tag) === true) {
    response.writeHead(304, { ...guards, ...headers }).end();
  } else {
    send(response, 200, path, text, headers);
  }
}

/** A small page that says why there is no other. */
function refuse(
  response: ServerResponse,
  status: number,
  title: string,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  const page = pageHtml({
    title: `${title} · quantsweep`,
    body: `<main class="page"><h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p><p><a href="/">All sweeps</a></p></main>`,
    assets: { kind: 'shared', style: '/assets/quantsweep.css', scripts: [], live: false },
  });
  send(response, status, 'index.html', page, { 'Cache-Control': 'no-store', ...headers });
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
