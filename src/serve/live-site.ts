import { randomBytes } from 'node:crypto';
import { countText } from '../report/number-text.js';
import { withRelativePaths } from '../report/relative-paths.js';
import { openSite, type Site, type SiteOptions } from '../report/pages/site.js';
import { folderNames } from '../report/addresses/site-map.js';
import { monotonicMs } from '../store/monotonic-clock.js';
import type { RunState } from '../store/read/read-run-state.js';
import { everySweep } from '../store/query/every-sweep.js';
import type { DatabaseLook, ServedDatabase } from './served-database.js';
import { troublePage } from './notice-page.js';

/** Pages of one revision that are kept: any two trials make a comparison page. */
const keptPages = 64;

/** While commits go on, pages are made in at most a tenth of the time, so that a run keeps its processors. */
const restPerWork = 9;
const longestRestMs = 60_000;

/** What a page needs to know to say how current it is and whether to fetch itself anew. */
export interface LiveState {
  /** Of the pages that are made now. */
  readonly revision: string;
  /** The server's clock, milliseconds since 1970. */
  readonly now: number;
  /** `17 of 43 trials` by folder of the sweep; the whole report under an empty name. */
  readonly progress: Readonly<Record<string, string>>;
  /** Why the database can't be read now; null while it can. Pages then keep what they show. */
  readonly trouble: string | null;
}

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
  /** Names of the sweeps to show; none: all. Those that the database lacks appear when they begin. */
  readonly sweeps: readonly string[];
  /** For so long pages are made from the same facts, whatever is committed meanwhile. */
  readonly freshMs: number;
  /** Told what reading the database ran into. */
  readonly failed: (error: unknown) => void;
}

interface Revision {
  readonly name: string;
  readonly look: DatabaseLook;
  readonly site: Site;
  readonly madeAt: number;
  readonly progress: Readonly<Record<string, string>>;
  /** By path; those being made included, so that equal requests share one. */
  readonly pages: Map<string, Promise<string | null>>;
  /** Time spent on its pages. */
  workMs: number;
}

/** The report over a database as it is now. Making a page takes up to seconds and blocks: pages are made one at a time. */
export class LiveSite {
  readonly #database: ServedDatabase;
  readonly #options: LiveSiteOptions;
  /** Revisions of another start of the server are other ones. */
  readonly #start = randomBytes(6).toString('hex');
  readonly #assets: Site;
  #revisions = 0;
  #lookedAt = -Infinity;
  #revision: Revision | null = null;
  #trouble: { readonly message: string; readonly name: string } | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(database: ServedDatabase, options: LiveSiteOptions) {
    this.#database = database;
    this.#options = options;
    const noRows = (): never => {
      throw new Error('Invariant: assets are made without the database.');
    };
    this.#assets = openSite(noRows, [], [], this.#siteOptions({ kind: 'none' }, ''));
  }

  /** The state now: looks whether the database has changed, and lists its sweeps anew where it has. */
  state(): LiveState {
    const now = performance.now();
    if (now - this.#lookedAt >= this.#options.freshMs) {
      this.#lookedAt = now;
      this.#follow(now);
    }
    return {
      revision: this.#trouble?.name ?? this.#revision?.name ?? '',
      now: Date.now(),
      progress: this.#revision?.progress ?? {},
      trouble: this.#trouble?.message ?? null,
    };
  }

  /** What a path leads to. Rejects with defects only. */
  async answer(path: string): Promise<Answer> {
    if (path.startsWith('assets/')) {
      const text = this.#assets.render(path);
      return text === null ? { kind: 'none' } : { kind: 'asset', text };
    }
    const { trouble } = this.state();
    const revision = this.#revision;
    if (trouble !== null || revision === null) return { kind: 'trouble', text: troublePage(trouble ?? '') };
    try {
      const text = await this.#page(revision, path);
      return text === null ? { kind: 'none' } : { kind: 'page', text, revision: revision.name };
    } catch (error) {
      if (!(error instanceof Error && error.name === 'StoreError')) throw error;
      this.#options.failed(error);
      return { kind: 'trouble', text: troublePage(error.message) };
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
    const site = openSite(
      withRelativePaths((sql, params) => this.#database.queries().query(sql, params as never[]), sweeps),
      all,
      sweeps,
      this.#siteOptions(look.run, name),
    );
    return { name, look, site, madeAt: now, progress: this.#progress(all, sweeps), pages: new Map(), workMs: 0 };
  }

  #siteOptions(run: RunState, revision: string): SiteOptions {
    return {
      database: this.#options.name,
      generatedAt: new Date(),
      mode: 'server',
      live: { run, revision, nowMs: monotonicMs() },
    };
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
      const text = revision.site.render(path);
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

  /** Between two pages the event loop gets its turn: events and heartbeats wait for one page at most. */
  #inOrder<T>(work: () => T): Promise<T> {
    const result = this.#last.then(() => new Promise((resolve) => setImmediate(resolve))).then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  #progress(all: readonly string[], sweeps: readonly string[]): Record<string, string> {
    const folders = folderNames(all);
    const shown = new Set(sweeps);
    const { rows } = this.#database.queries().query('SELECT sweep, done + stopped, trials FROM v_sweep');
    const counts = rows
      .filter(([sweep]) => shown.has(String(sweep)))
      .map(([sweep, done, trials]) => ({
        folder: folders.get(String(sweep)) ?? '',
        done: Number(done),
        trials: Number(trials),
      }));
    const text = (done: number, trials: number): string => `${done} of ${countText(trials, 'trial')}`;
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    const whole = `${countText(sweeps.length, 'sweep')}, ${text(sum(counts.map((c) => c.done)), sum(counts.map((c) => c.trials)))}`;
    return Object.fromEntries([['', whole], ...counts.map((c) => [c.folder, text(c.done, c.trials)])]) as Record<
      string,
      string
    >;
  }
}

function restAfter({ workMs }: Revision): number {
  return Math.min(longestRestMs, restPerWork * workMs);
}
