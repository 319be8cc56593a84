import { randomBytes } from 'node:crypto';
import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import type { HashMemory, KnownHash } from '../file-hashes.js';

/** Lines for a file, on average, above which it is written anew. */
const MOST_LINES_EACH = 4;
const FEW_LINES = 1000;

/**
 * Hashes that agents of this machine have taken, a line of JSON each, so that a restart reads no
 * file again. The last line of a path holds. Several processes append; a line that a crash cut
 * short, or that one loses to another's rewriting, costs a file that is read again.
 */
export class KnownHashesFile implements HashMemory {
  readonly #path: string;
  readonly #known: Map<string, KnownHash>;
  #pending = '';
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, known: Map<string, KnownHash>) {
    this.#path = path;
    this.#known = known;
  }

  static async open(path: string): Promise<KnownHashesFile> {
    const text = await readFile(path, 'utf8').catch(() => '');
    const lines = text.split('\n').filter((line) => line !== '');
    const known = new Map<string, KnownHash>();
    for (const hash of lines.map(parse)) if (hash !== null) known.set(hash.path, hash);
    if (lines.length > FEW_LINES && lines.length > MOST_LINES_EACH * known.size) {
      const temporary = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`;
      await writeFile(temporary, [...known.values()].map(lineOf).join(''));
      await rename(temporary, path);
    }
    return new KnownHashesFile(path, known);
  }

  get(path: string): KnownHash | undefined {
    return this.#known.get(path);
  }

  add(hash: KnownHash): void {
    this.#known.set(hash.path, hash);
    this.#pending += lineOf(hash);
  }

  /**
   * Ends when all that was added so far is in the file, or can't be: it is only read again then.
   */
  async flush(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const text = this.#pending;
      this.#pending = '';
      if (text !== '') await appendFile(this.#path, text).catch(() => undefined);
    });
    await this.#writing;
  }
}

function lineOf({ path, stamp, sha256 }: KnownHash): string {
  return `${JSON.stringify({ path, stamp, sha256 })}\n`;
}

function parse(line: string): KnownHash | null {
  try {
    const value = JSON.parse(line) as Partial<KnownHash> | null;
    if (typeof value?.path !== 'string' || typeof value.stamp !== 'string') return null;
    return /^[0-9a-f]{64}$/.test(value.sha256 ?? '') ? (value as KnownHash) : null;
  } catch {
    return null;
  }
}
