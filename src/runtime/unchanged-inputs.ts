import { DatasetError } from '../data/dataset-error.js';
import { hashSource } from '../data/hash-source.js';
import type { InputIdentity } from '../data/input-identity.js';
import { sourceStamp } from '../data/source-files.js';

/** The model or data of a sweep is not what it was planned with: nothing that follows would belong to it. */
export class InputChangedError extends Error {
  override readonly name = 'InputChangedError';
}

/** The stamp under which a source was last found to be as planned, by its hash. */
const verified = new Map<string, string>();

/**
 * Checks that the data of a sweep is what it was planned with: by the files' sizes and times, and where these have
 * changed (a copy, a `touch`) by the bytes.
 *
 * @throws InputChangedError naming the source
 */
export async function checkUnchanged(inputs: readonly InputIdentity[]): Promise<void> {
  for (const input of inputs) {
    if (await isAsPlanned(input)) continue;
    const { source } = input;
    const what = 'path' in source ? source.path : source.format;
    throw new InputChangedError(
      `${what}: the data changed during the sweep. Restore it, or run the experiment again: what was measured on the earlier data stays in the database, apart from what follows.`,
    );
  }
}

async function isAsPlanned({ source, sha256, stamp }: InputIdentity): Promise<boolean> {
  try {
    const now = sourceStamp(source);
    if (now === stamp || verified.get(sha256) === now) return true;
    if ((await hashSource(source)) !== sha256) return false;
    verified.set(sha256, now);
    return true;
  } catch (cause) {
    if (cause instanceof DatasetError) return false;
    throw cause;
  }
}
