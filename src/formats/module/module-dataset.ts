import type { PreprocessSettings } from '../preprocess/preprocess-settings.js';
import type { JsonObject } from '../../schema/json-value.js';
import type { Dataset, DetectionGroundTruth } from '../dataset.js';
import { DatasetError } from '../dataset-error.js';
import { parseGroundTruth } from '../labels/ground-truth.js';
import { loadModule } from '../io/load-module.js';
import { loadShipped } from '../io/load-shipped.js';
import { planPreprocess, preprocessFloats } from '../preprocess/preprocess.js';
import type { SampleOrigin } from '../sample-origin.js';
import { checkSampleRange, checkSamples, findNonFinite } from '../sample-range.js';
import { broken, describe } from './broken-contract.js';
import { parseOrigins } from './module-origins.js';

export interface ModuleSource {
  /** ES module whose default export opens the dataset. */
  readonly path: string;
  /** Handed to the module. */
  readonly options: JsonObject;
}

const MAX_LABEL = 2 ** 31 - 1;

/** What a module's dataset is, after checking; the contract is docs/CUSTOM.md. */
interface CustomDataset {
  readonly sampleShape: readonly number[];
  readonly sampleCount: number;
  readonly labels: Int32Array | null;
  readonly names: readonly string[] | null;
  /** Made when it is first asked for, where the module gives a function. */
  readonly groundTruth: () => DetectionGroundTruth | null;
  /** What the samples depend on besides the module's bytes and options. */
  readonly identity: string | null;
  read(first: number, count: number): unknown;
  /** Null where the module has none. */
  readonly origins: ((first: number, count: number) => unknown) | null;
  close(): unknown;
}

/**
 * Opens a dataset of the user's own:
 * `export default ({ options, load }) => ({ sampleShape, sampleCount, read, ... })`. Samples are
 * preprocessed like those of other formats.
 *
 * @throws DatasetError naming the module and what of its contract does not hold
 */
export async function openModuleDataset(source: ModuleSource, preprocess: PreprocessSettings): Promise<Dataset> {
  const where = source.path;
  const custom = await openCustom(source);
  const plan = planPreprocess(custom.sampleShape, preprocess, where);
  const { names, origins } = custom;
  const dataset: Dataset = {
    sampleCount: custom.sampleCount,
    sampleShape: plan.sampleShape,
    labels: custom.labels,
    ...(names === null ? {} : { names }),
    get groundTruth() {
      return custom.groundTruth();
    },
    async read(first, count, into) {
      checkSampleRange(dataset, first, count, into);
      const values = await inModule(where, 'read', () => custom.read(first, count));
      const length = count * plan.sampleSize;
      if (!(values instanceof Float32Array) || values.length !== length) {
        const expected = `read(${first}, ${count}) to give a Float32Array of ${length} numbers`;
        const got = values instanceof Float32Array ? `${values.length}` : describe(values);
        throw new DatasetError({ expected, got, where });
      }
      for (let index = 0; index < count; index += 1) {
        preprocessFloats(plan, values, index * plan.sampleSize, into, index * plan.sampleSize);
      }
      const place = findNonFinite(into, 0, length);
      if (place < 0) return;
      const got = `${into[place]!} in sample ${first + Math.floor(place / plan.sampleSize)} after preprocessing`;
      throw new DatasetError({ expected: 'finite numbers only', got, where });
    },
    ...(names === null && origins === null ? {} : { origins: readOrigins }),
    close() {
      custom.close();
    },
  };

  async function readOrigins(first: number, count: number): Promise<readonly SampleOrigin[]> {
    checkSamples(dataset, first, count);
    const given = origins === null ? null : await inModule(where, 'origins', () => origins(first, count));
    const named = Array.from({ length: count }, (_, index) => names?.[first + index] ?? null);
    return parseOrigins(given, named, { where, first });
  }

  return dataset;
}

/**
 * What a module says its samples depend on besides its own bytes and options, e.g. a hash of the
 * files that it reads; null where it says nothing.
 *
 * @throws DatasetError as {@link openModuleDataset}
 */
export async function readModuleIdentity(source: ModuleSource): Promise<string | null> {
  const custom = await openCustom(source);
  custom.close();
  return custom.identity;
}

async function openCustom({ path, options }: ModuleSource): Promise<CustomDataset> {
  const open = await loadModule(path);
  const value = await inModule(path, 'the default export', () => open({ options, load: loadShipped }));
  if (typeof value !== 'object' || value === null) throw broken(path, 'a dataset object', value);
  const given = value as Readonly<Record<string, unknown>>;
  const { sampleShape, sampleCount, read, close } = given;
  if (!Array.isArray(sampleShape) || sampleShape.length === 0 || !sampleShape.every(isCount)) {
    throw broken(path, 'sampleShape, a list of whole numbers from 1', sampleShape);
  }
  if (!isCount(sampleCount)) throw broken(path, 'sampleCount, a whole number from 1', sampleCount);
  if (typeof read !== 'function') throw broken(path, 'read, a function', read);
  if (close !== undefined && typeof close !== 'function') throw broken(path, 'close, a function or nothing', close);
  const identity = given['identity'] ?? null;
  if (identity !== null && typeof identity !== 'string') throw broken(path, 'identity, text or nothing', identity);
  const origins = given['origins'] ?? null;
  if (origins !== null && typeof origins !== 'function') throw broken(path, 'origins, a function or nothing', origins);
  return {
    sampleShape: sampleShape,
    sampleCount,
    names: readNames(path, given['names'] ?? null, sampleCount),
    origins: origins === null ? null : (first, count) => (origins as CustomDataset['read']).call(value, first, count),
    labels: readLabels(path, given['labels'] ?? null, sampleCount),
    groundTruth: groundTruthOf(path, value, given['groundTruth'] ?? null, sampleCount),
    identity,
    read: (first, count) => (read as CustomDataset['read']).call(value, first, count),
    close: () => (close as CustomDataset['close'] | undefined)?.call(value),
  };
}

function readLabels(path: string, labels: unknown, sampleCount: number): Int32Array | null {
  if (labels === null) return null;
  const listed = Array.isArray(labels) || ArrayBuffer.isView(labels) ? Array.from(labels as Iterable<unknown>) : null;
  if (listed?.length !== sampleCount) throw broken(path, `labels, ${sampleCount} numbers or nothing`, labels);
  const bad = listed.findIndex(
    (label) => !Number.isInteger(label) || (label as number) < 0 || (label as number) > MAX_LABEL,
  );
  if (bad >= 0) throw broken(path, `labels[${bad}] to be a whole number from 0`, listed[bad]);
  return Int32Array.from(listed as readonly number[]);
}

/** Names find a sample's ground truth, so each is there once. */
function readNames(path: string, names: unknown, sampleCount: number): readonly string[] | null {
  if (names === null) return null;
  if (!Array.isArray(names) || names.length !== sampleCount) {
    throw broken(path, `names, a list of ${sampleCount} texts or nothing`, names);
  }
  const seen = new Set<unknown>();
  for (const [index, name] of (names as readonly unknown[]).entries()) {
    if (typeof name !== 'string' || name === '') throw broken(path, `names[${index}] to be a text`, name);
    if (seen.has(name)) throw broken(path, `names[${index}] to be another than those before`, name);
    seen.add(name);
  }
  return names as readonly string[];
}

/**
 * A value is checked now; a function is called, and what it gives checked, when the ground truth is
 * asked for.
 */
function groundTruthOf(
  path: string,
  owner: unknown,
  given: unknown,
  sampleCount: number,
): CustomDataset['groundTruth'] {
  const read = (groundTruth: unknown): DetectionGroundTruth =>
    parseGroundTruth(JSON.stringify(groundTruth), `${path}, groundTruth`, sampleCount);
  if (typeof given !== 'function') {
    const checked = given === null ? null : read(given);
    return () => checked;
  }
  let made: DetectionGroundTruth | null = null;
  return () => {
    if (made !== null) return made;
    let value: unknown;
    try {
      value = (given as () => unknown).call(owner);
    } catch (cause) {
      throw failed(path, 'groundTruth', cause);
    }
    if (typeof value !== 'object' || value === null) throw broken(path, 'groundTruth() to give an object', value);
    made = read(value);
    return made;
  };
}

async function inModule(path: string, what: string, work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (cause) {
    throw failed(path, what, cause);
  }
}

function failed(path: string, what: string, cause: unknown): DatasetError {
  const got = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new DatasetError({ expected: `${what} of the module to work`, got, where: path }, { cause });
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
