import { ContentError } from '../content-error.js';

/** A place from which files are fetched by their sha256. */
export type FetchBase =
  | { readonly kind: 'web'; readonly text: string; readonly url: URL }
  | { readonly kind: 's3'; readonly text: string; readonly bucket: string; readonly prefix: string };

/**
 * Reads `https://host/path` or `s3://bucket/prefix`; `http://` to this machine only.
 *
 * @throws ContentError
 */
export function parseFetchBase(text: string): FetchBase {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw wrong(text.slice(0, 200), 'no address');
  if (url.username !== '' || url.password !== '') {
    throw wrong(`${url.protocol}//...@${url.host}`, 'one with a password, which others can read on the command line');
  }
  if (url.search !== '' || url.hash !== '') throw wrong(text, 'one with a query or fragment');
  if (url.protocol === 's3:') {
    if (url.host === '') throw wrong(text, 'one without a bucket');
    return { kind: 's3', text, bucket: url.host, prefix: url.pathname.replaceAll(/^\/+|\/+$/g, '') };
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))) {
    throw wrong(text, `one by ${url.protocol}//, which anybody on the way can change`);
  }
  return { kind: 'web', text, url };
}

/** The address of a file at a base of the web. */
export function fileAddress(base: URL, sha256: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${sha256}`;
  return url;
}

export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function wrong(text: string, got: string): ContentError {
  return new ContentError([
    `Expected a place to fetch files from, https://HOST/PATH or s3://BUCKET/PREFIX, got ${got}: ${text}.`,
  ]);
}
