import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ContentError } from '../../src/content/content-error.js';
import { ContentStore, type ContentStoreOptions } from '../../src/content/content-store.js';
import type { DataSource } from '../../src/formats/data-source.js';

type WriteFile = (name: string, content: Uint8Array | string) => string;

/** A coordinator's folder, an agent's data folder and a cache, each as long as the test. */
export interface ContentRig {
  readonly home: string;
  readonly data: string;
  readonly cache: string;
  /** Writes a file of the coordinator and returns its path. */
  readonly write: WriteFile;
  /** Writes a file of the agent, below `--data`, and returns its path. */
  readonly give: WriteFile;
  readonly store: (options?: Partial<ContentStoreOptions>) => ContentStore;
}

export function contentRig(): ContentRig {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'quantsweep-content-')));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
  });
  const [home, data, cache] = [join(root, 'home'), join(root, 'data'), join(root, 'cache')];
  for (const folder of [home, data]) mkdirSync(folder);
  return {
    ...{ home, data, cache },
    write: (name, content) => writeBelow(home, name, content),
    give: (name, content) => writeBelow(data, name, content),
    store(options = {}) {
      const store = new ContentStore({
        ...{ dataFolders: [data], cacheFolder: cache, cacheBytes: 1e6, fetchFrom: [], allowedCode: new Set() },
        ...{ environment: {}, walkAgainMs: 0 },
        ...options,
      });
      onTestFinished(() => store.close());
      return store;
    },
  };
}

export function writeBelow(folder: string, name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A source of an array file. The content plays no part in it. */
export function arrayAt(path: string): DataSource {
  return { format: 'npy', path, labels: null, groundTruth: null };
}

/** What an operator is told. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof ContentError) return thrown.message;
  throw new Error('Expected a ContentError', { cause: thrown });
}
