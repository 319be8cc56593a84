import { randomBytes } from 'node:crypto';
import {
  servedReport,
  sharedFile,
  waitingPage,
  type LiveState,
  type Query,
  type ServedReport,
} from '../report/served-report.js';
import { monotonicMs } from '../store/monotonic-clock.js';
import { everySweep } from '../store/query/every-sweep.js';
import { StoreError } from '../store/store-error.js';
import type { DatabaseLook, ServedDatabase } from './served-database.js';

/** Pages of one revision that are kept: any two trials make a comparison page. */
const keptPages = 64;

/**
 * While commits go on, pages are made in at most a tenth of the time, so that a run keeps its
 * processors.
 */
const restPerWork = 9;
const longestRestMs = 60_000;

/** What a path leads to. */
export type Answer =
  | { readonly kind: 'page'; readonly text: string; readonly revision: string }
  | { readonly kind: 'asset'; readonly text: string }
  | { readonly kind: 'none' }
  /** A page that says why the database can't be read, and follows until it can. */
  | { readonly kind: 'trouble'; readonly text: string };

export interface LiveSiteOptions {
  /** Name of the database, as pages show it. */
  readonly name: string;
  /**
   * Names of the sweeps to show; none: all. Those that the database lacks appear when they begin.
   */
  readonly sweeps: readonly string[];
  /** For so long pages are made from the same facts, whatever is committed meanwhile. */
  readonly freshMs: number;
  /** Told what reading the database ran into. */
  readonly failed: (error: unknown) => void;
}

interface Revision {
  readonly name: string;
  readonly look: DatabaseLook;
  readonly report: ServedReport;
  readonly madeAt: number;
  /** By path; those being made included, so that equal requests share one. */
  readonly pages: Map<string, Promise<string | null>>;
  /** Time spent on its pages. */
  workMs: number;
}

/**
 * The report over a database as it is now. Making a page takes up to seconds and blocks: pages are
 * made one at a time.
 */
export class LiveSite {
  readonly #database: ServedDatabase;
  readonly #options: LiveSiteOptions;
  /** Revisions of another start of the server are other ones. */
  readonly #start = randomBytes(6).toString('hex');
  #revisions = 0;
  #lookedAt = -Infinity;
  #revision: Revision | null = null;
  #trouble: { readonly message: string; readonly name: string } | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(database: ServedDatabase, options: LiveSiteOptions) {
    this.#database = database;
    this.#options = options;
  }

  /**
   * The state now: looks whether the database has changed, and lists its sweeps anew where it has.
   */
  state(): LiveState {
    const now = performance.now();
    if (now - this.#lookedAt >= this.#options.freshMs) {
      this.#lookedAt = now;
      this.#follow(now);
    }
    return {
      revision: this.#trouble?.name ?? this.#revision?.name ?? '',
      now: Date.now(),
      progress: this.#revision?.report.progress ?? {},
      trouble: this.#trouble?.message ?? null,
    };
  }

  /** What a path leads to. Rejects with defects only. */
  async answer(path: string): Promise<Answer> {
    if (path.startsWith('assets/')) {
      const text = sharedFile(path);
      return text === null ? { kind: 'none' } : { kind: 'asset', text };
    }
    const { trouble } = this.state();
    const revision = this.#revision;
    if (trouble !== null || revision === null) return { kind: 'trouble', text: waitingPage(trouble ?? '') };
    try {
      const text = await this.#page(revision, path);
      return text === null ? { kind: 'none' } : { kind: 'page', text, revision: revision.name };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#options.failed(error);
      return { kind: 'trouble', text: waitingPage(error.message) };
    }
  }

  #follow(now: number): void {
    try {
      const look = this.#database.look();
      const shown = this.#revision;
      if (shown === null || look.occasion !== shown.look.occasion) this.#revision = this.#begin(look, now);
      else if (look.version !== shown.look.version && now - shown.madeAt >= restAfter(shown))
        this.#revision = this.#begin(look, now);
      this.#trouble = null;
    } catch (error) {
      this.#options.failed(error);
      const message = error instanceof Error ? error.message : String(error);
      if (message !== this.#trouble?.message) this.#trouble = { message, name: this.#nextName() };
    }
  }

  #begin(look: DatabaseLook, now: number): Revision {
    const all = everySweep(this.#database.queries());
    const wanted = this.#options.sweeps;
    const sweeps = wanted.length === 0 ? all : all.filter((sweep) => wanted.includes(sweep));
    const name = this.#nextName();
    const query: Query = (sql, params) => this.#database.queries().query(sql, params as never[]);
    const moment = { run: look.run, revision: name, now: new Date(), nowMs: monotonicMs() };
    const report = servedReport(query, all, sweeps, { database: this.#options.name, ...moment });
    return { name, look, report, madeAt: now, pages: new Map(), workMs: 0 };
  }

  #nextName(): string {
    this.#revisions += 1;
    return `${this.#start}-${this.#revisions}`;
  }

  #page(revision: Revision, path: string): Promise<string | null> {
    const { pages } = revision;
    const known = pages.get(path);
    if (known !== undefined) return known;
    const made = this.#inOrder(() => {
      const began = performance.now();
      const text = revision.report.render(path);
      revision.workMs += performance.now() - began;
      return text;
    });
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

  /**
   * Between two pages the event loop gets its turn: events and heartbeats wait for one page at
   * most.
   */
  #inOrder<T>(work: () => T): Promise<T> {
    const result = this.#last.then(() => new Promise((resolve) => setImmediate(resolve))).then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

function restAfter({ workMs }: Revision): number {
  return Math.min(longestRestMs, restPerWork * workMs);
}
