import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { ContentFile } from '../content-item.js';
import { ContentError } from '../content-error.js';
import { fileAddress, type FetchBase } from './fetch-base.js';
import { s3Requests, type S3Environment, type SignRequest } from './s3-request.js';

const TRIES = 3;
const FIRST_WAIT_MS = 250;
const MOST_REDIRECTS = 5;
/** What is worth another try: the place may be busy. */
const BUSY: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

export interface FetchOptions {
  readonly bases: readonly FetchBase[];
  readonly environment: S3Environment;
  /** A server that sends nothing for so long is given up. */
  readonly silentMs: number;
}

/** One try: what was wrong with it; null: the file is there. */
interface Fault {
  readonly text: string;
  readonly again: boolean;
}

/** Fetches files by their sha256 from the first place that has them. */
export class FileFetcher {
  readonly #options: FetchOptions;
  readonly #signers = new Map<string, Promise<SignRequest>>();

  constructor(options: FetchOptions) {
    this.#options = options;
  }

  /** Nothing is fetched: no place is configured. */
  get isIdle(): boolean {
    return this.#options.bases.length === 0;
  }

  /**
   * Writes a file to `path`, where nothing lies yet, once its bytes are known to be right: never
   * more than its size, and on any fault nothing.
   *
   * @returns what every place answered where none had it; null when it is there
   * @throws the signal's reason; errors of the file system
   */
  async fetch(file: ContentFile, path: string, signal: AbortSignal | undefined): Promise<readonly string[] | null> {
    const faults: string[] = [];
    for (const base of this.#options.bases) {
      const fault = await this.#fetchFrom(base, file, path, signal);
      if (fault === null) return null;
      faults.push(`${base.text} ${fault}`);
    }
    return faults;
  }

  async #fetchFrom(
    base: FetchBase,
    file: ContentFile,
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<string | null> {
    for (let tried = 1; ; tried += 1) {
      const fault = await this.#try(base, file, path, signal);
      if (fault === null) return null;
      if (!fault.again || tried === TRIES) return fault.text;
      await wait(FIRST_WAIT_MS * 4 ** (tried - 1), undefined, { signal });
    }
  }

  async #try(base: FetchBase, file: ContentFile, path: string, signal: AbortSignal | undefined): Promise<Fault | null> {
    const silence = new Silence(this.#options.silentMs, signal);
    try {
      const response = await this.#request(base, file, silence);
      if (!(response instanceof Response)) return response;
      try {
        return await receive(response, file, path, silence);
      } finally {
        // What is not wanted is not downloaded.
        await response.body?.cancel().catch(() => undefined);
      }
    } catch (cause) {
      signal?.throwIfAborted();
      if (silence.isOver) return { text: `sent nothing for ${this.#options.silentMs / 1000} s`, again: true };
      if (cause instanceof ContentError) return { text: `can't be used: ${cause.message}`, again: false };
      if (isOfFileSystem(cause)) throw cause;
      return { text: `can't be reached: ${innermost(cause)}`, again: true };
    } finally {
      silence.end();
    }
  }

  async #request(base: FetchBase, file: ContentFile, silence: Silence): Promise<Response | Fault> {
    let { url, headers } = await this.#addressOf(base, file.sha256);
    for (let redirects = 0; ; redirects += 1) {
      // Packed bytes would be counted and unpacked by others.
      headers.set('accept-encoding', 'identity');
      const response = await fetch(url.href, { headers, redirect: 'manual', signal: silence.signal });
      silence.heard();
      const { status } = response;
      if (status === 200) return response;
      await response.body?.cancel();
      const location = response.headers.get('location');
      if (status < 300 || status >= 400 || location === null) {
        return { text: `answered ${status}`, again: BUSY.has(status) };
      }
      const refuse = (why: string): Fault => ({ text: `answered ${status}, ${why}`, again: false });
      if (base.kind === 's3') return refuse('another region or endpoint: check AWS_REGION and AWS_ENDPOINT_URL_S3');
      if (redirects === MOST_REDIRECTS) return refuse(`and so on, more than ${MOST_REDIRECTS} times`);
      const next = URL.canParse(location, url.href) ? new URL(location, url) : null;
      if (next?.protocol !== 'https:') return refuse(`elsewhere but to https://, to ${next?.origin ?? 'no address'}`);
      [url, headers] = [next, new Headers()];
    }
  }

  async #addressOf(base: FetchBase, sha256: string): Promise<{ readonly url: URL; readonly headers: Headers }> {
    if (base.kind === 'web') return { url: fileAddress(base.url, sha256), headers: new Headers() };
    const sign = this.#signers.get(base.text) ?? s3Requests(base, this.#options.environment);
    this.#signers.set(base.text, sign);
    return (await sign)(sha256);
  }
}

/** Ends a request that nothing was heard of for a while, or that nobody waits for any more. */
class Silence {
  readonly signal: AbortSignal;
  readonly #over = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(mostMs: number, signal: AbortSignal | undefined) {
    this.signal = AbortSignal.any([this.#over.signal, ...(signal === undefined ? [] : [signal])]);
    this.#timer = setTimeout(() => {
      this.#over.abort();
    }, mostMs);
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  heard(): void {
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** Writes the body of an answer, if it is the file. */
async function receive(
  { body, headers }: Response,
  { sizeBytes, sha256 }: ContentFile,
  path: string,
  silence: Silence,
): Promise<Fault | null> {
  const wrong = (got: string): Fault => ({
    text: `has other bytes: expected ${sizeBytes} of sha256 ${sha256}, got ${got}`,
    again: false,
  });
  const announced = headers.get('content-length');
  if (announced !== null && headers.get('content-encoding') === null && Number(announced) !== sizeBytes) {
    return wrong(announced);
  }
  let isWhole = false;
  const file = await open(path, 'wx');
  try {
    const hash = createHash('sha256');
    let done = 0;
    for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
      silence.heard();
      done += piece.length;
      if (done > sizeBytes) return wrong(`more than ${sizeBytes}`);
      hash.update(piece);
      await file.writeFile(piece);
    }
    // A connection that breaks off is another matter: it throws.
    if (done < sizeBytes) return wrong(`${done}`);
    const found = hash.digest('hex');
    if (found !== sha256) return wrong(`sha256 ${found}`);
    isWhole = true;
    return null;
  } finally {
    await file.close();
    if (!isWhole) await rm(path, { force: true });
  }
}

/** Those of writing: none of a network has such a code, or a path. */
const OF_DISKS: ReadonlySet<unknown> = new Set(['EDQUOT', 'EFBIG', 'EIO', 'ENOSPC', 'EROFS', 'ESTALE']);

function isOfFileSystem(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && ('path' in cause || OF_DISKS.has(cause.code));
}

/** What `fetch` says lies in the causes of its errors. */
function innermost(cause: unknown): string {
  let inner = cause;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  return inner instanceof Error ? inner.message || ('code' in inner ? String(inner.code) : inner.name) : String(inner);
}
