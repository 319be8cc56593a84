import { QuantsweepError } from '../../errors/quantsweep-error.js';
import { DatasetError } from '../../formats/dataset-error.js';
import { hashSource } from '../../formats/hash-source.js';
import type { InputIdentity } from '../../formats/input-identity.js';
import { hashNamedFiles, stampNamedFiles } from '../../formats/named-files.js';
import { sourceStamp, stampFiles } from '../../formats/source-files.js';
import { ModelError } from '../../onnx/model-error.js';
import type { Cache, JobCaches } from './job-caches.js';
import { readModelFile } from '../session/model-file.js';

/**
 * The model or data of a sweep is not what it was planned with: nothing that follows would belong
 * to it.
 */
export class InputChangedError extends QuantsweepError {
  static override readonly errorClass = 'InputChangedError';
  static override readonly retry = 'next-run';
}

/** The stamp under which a source was last found to be as planned, by its hash. */
const verifiedStamps: Cache<Map<string, string>> = { start: () => new Map() };

/**
 * Checks that the model and the data of a sweep are what it was planned with: by the files' sizes
 * and times, and where these have changed (a copy, a `touch`) by the bytes.
 *
 * @throws InputChangedError naming the source
 */
export async function checkUnchanged(inputs: readonly InputIdentity[], caches: JobCaches): Promise<void> {
  const verified = caches.of(verifiedStamps);
  for (const input of inputs) {
    if (await isAsPlanned(input, verified)) continue;
    throw new InputChangedError(
      `${nameOf(input)}: the ${input.kind === 'taskFiles' ? 'data of the task' : input.kind} changed during the sweep. Restore it, or run the experiment again: what was measured so far stays in the database, apart from what follows.`,
    );
  }
}

function nameOf(input: InputIdentity): string {
  if (input.kind === 'model') return input.path;
  if (input.kind === 'taskFiles') return input.files.map(({ path }) => path).join(', ');
  return 'path' in input.source ? input.source.path : input.source.format;
}

async function isAsPlanned(input: InputIdentity, verified: Map<string, string>): Promise<boolean> {
  const { sha256, stamp } = input;
  try {
    const now = stampOf(input);
    if (now === stamp || verified.get(sha256) === now) return true;
    const found = await hashOf(input);
    if (found !== sha256) return false;
    verified.set(sha256, now);
    return true;
  } catch (cause) {
    if (cause instanceof DatasetError || cause instanceof ModelError) return false;
    throw cause;
  }
}

function stampOf(input: InputIdentity): string {
  if (input.kind === 'model') return stampFiles([input.path]);
  return input.kind === 'taskFiles' ? stampNamedFiles(input.files) : sourceStamp(input.source);
}

async function hashOf(input: InputIdentity): Promise<string> {
  if (input.kind === 'model') return readModelFile(input.path).sha256;
  return input.kind === 'taskFiles' ? hashNamedFiles(input.files) : hashSource(input.source);
}
