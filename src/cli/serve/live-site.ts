import { randomBytes } from 'node:crypto';
import { countText } from '../../report/number-text.js';
import type { Query } from '../../report/query.js';
import { openSite, type Site } from '../../report/site.js';
import { folderNames } from '../../report/site-map.js';
import { everySweep } from '../write-report.js';
import type { ServedDatabase } from './served-database.js';

/** Pages of one revision that are kept: any two trials make a comparison page. */
const keptPages = 64;

/** What a page needs to know to say how current it is and whether to fetch itself anew. */
export interface LiveState {
  /** Of the pages that are made now. */
  readonly revision: string;
  /** The server's clock, milliseconds since 1970. */
  readonly now: number;
  /** `17 of 43 trials` by folder of the sweep; the whole database under an empty name. */
  readonly progress: Readonly<Record<string, string>>;
}

/** The report over a database as it is now. Making a page takes up to seconds and blocks: pages are made one at a time. */
export class LiveSite {
  readonly #database: ServedDatabase;
  readonly #name: string;
  /** Revisions of another start of the server are other ones. */
  readonly #start = randomBytes(6).toString('hex');
  readonly #freshMs: number;
  #version: string | null = null;
  #lookedAt = -Infinity;
  #revisions = 0;
  #site: Site | null = null;
  #state: Omit<LiveState, 'now'> = { revision: '', progress: {} };
  /** By path, of the current revision; those being made included, so that equal requests share one. */
  #pages = new Map<string, Promise<string | null>>();
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param name of the database, as pages show it
   * @param freshMs for so long pages are made from the same facts, whatever is committed meanwhile
   */
  constructor(database: ServedDatabase, name: string, freshMs = 1000) {
    this.#database = database;
    this.#name = name;
    this.#freshMs = freshMs;
  }

  /** The state now: looks whether the database has changed, and reads the sweeps anew where it has. @throws StoreError */
  state(): LiveState {
    const now = Date.now();
    if (this.#site === null || Math.abs(now - this.#lookedAt) >= this.#freshMs) {
      this.#lookedAt = now;
      const { version, run } = this.#database.look();
      if (version !== this.#version || this.#site === null) {
        this.#site = null;
        this.#revisions += 1;
        const revision = `${this.#start}-${this.#revisions}`;
        const sweeps = everySweep(this.#database.queries());
        const query: Query = (sql, params) => this.#database.queries().query(sql, params as never[]);
        const options = {
          database: this.#name,
          generatedAt: new Date(now),
          mode: 'server' as const,
          live: { run, revision },
        };
        this.#state = { revision, progress: this.#progress(sweeps) };
        this.#site = openSite(query, sweeps, sweeps, options);
        this.#version = version;
        this.#pages = new Map();
      }
    }
    return { ...this.#state, now };
  }

  /** Text of a page or asset; null for a path that the report does not have. Rejects with what reading ran into. */
  render(path: string): Promise<string | null> {
    let page: Promise<string | null> | undefined;
    try {
      this.state();
      page = this.#pages.get(path);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
    if (page !== undefined) return page;
    const made = this.#inOrder(() => this.#site?.render(path) ?? null);
    const pages = this.#pages;
    pages.set(path, made);
    // Neither failures nor paths that are not there stay, nor more than a few pages.
    const drop = (): void => {
      if (pages.get(path) === made) pages.delete(path);
    };
    made.then((text) => {
      if (text === null) drop();
    }, drop);
    for (const oldest of pages.keys()) {
      if (pages.size <= keptPages) break;
      pages.delete(oldest);
    }
    return made;
  }

  /** Between two pages the event loop gets its turn: events, heartbeats and signals wait for one page at most. */
  #inOrder<T>(work: () => T): Promise<T> {
    const result = this.#last.then(() => new Promise((resolve) => setImmediate(resolve))).then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  #progress(sweeps: readonly string[]): Record<string, string> {
    const folders = folderNames(sweeps);
    const { rows } = this.#database.queries().query('SELECT sweep, done, trials FROM v_sweep');
    const counts = rows.map(([sweep, done, trials]) => ({
      folder: folders.get(String(sweep)) ?? '',
      done: Number(done),
      trials: Number(trials),
    }));
    const text = (done: number, trials: number): string => `${done} of ${countText(trials, 'trial')}`;
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    const all = `${countText(sweeps.length, 'sweep')}, ${text(sum(counts.map((c) => c.done)), sum(counts.map((c) => c.trials)))}`;
    return Object.fromEntries([['', all], ...counts.map((c) => [c.folder, text(c.done, c.trials)])]) as Record<
      string,
      string
    >;
  }
}
