import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import './no-telemetry.js';
import * as ort from 'onnxruntime-node';
import type { OptimizationLevel } from '../../experiment/sections/settings.js';
import { kernelProfile, type KernelProfile, type ProfileEvent } from './kernel-profile.js';
import { withNamesForFeeds, withProfileNames, type Renaming } from '../../onnx/edits/rename-tensors.js';
import type { Provider } from '../providers/provider.js';
import { providers } from '../providers/providers.js';
import type { SplitModel } from '../../onnx/split-model.js';
import { RuntimeError } from './runtime-error.js';
import { floatsOf, numbersOf } from './typed-numbers.js';
import { removeTemporary, temporaryFolder } from '../../formats/io/scratch-folder.js';
import { SurroundingsError } from '../../errors/surroundings-error.js';

export { RuntimeError } from './runtime-error.js';

export interface SessionSettings {
  readonly provider: Provider;
  /** Index of the GPU; 0 on CPU. */
  readonly deviceId: number;
  /** Threads of one operator on CPU. */
  readonly threads: number;
  readonly optimizationLevel: OptimizationLevel;
  /**
   * True: QuantizeLinear and DequantizeLinear may be fused into integer kernels, as by default in
   * the runtime.
   */
  readonly fuseQuantized?: boolean;
  /**
   * True: products of 8-bit numbers are added up without saturation also on a CPU without VNNI,
   * which takes longer.
   */
  readonly exactProducts?: boolean;
  /** True: work that the provider has no kernel for may run on the CPU, also that which matters. */
  readonly allowFallback?: boolean;
}

/** A float32 tensor, row-major. */
export interface FloatTensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
  /** The runtime's name of another type that its numbers are from; absent: float32. */
  readonly storedAs?: string;
}

/** What one further input of the model gets in one run. */
export interface Feed {
  readonly type: 'float32' | 'int64' | 'int32' | 'uint8' | 'bool';
  /** Numbers of that type, row-major; bool as 0 and 1 in bytes. */
  readonly data: Float32Array | BigInt64Array | Int32Array | Uint8Array;
  readonly dims: readonly number[];
}

/** By name of the model's input. */
export type Feeds = Readonly<Record<string, Feed>>;

export type Outputs = Readonly<Record<string, FloatTensor>>;

/**
 * A session of onnxruntime-node. `run` and `create` block the event loop: use it in a child process
 * only.
 */
export class Session {
  readonly #session: ort.InferenceSession;
  readonly #input: string;
  readonly #names: Renaming;
  /** Types of the inputs as the runtime has them, by its names. */
  readonly #types: InputTypes;
  /** The outputs that can be fetched: no sequences and maps; null: all. */
  readonly #fetched: readonly string[] | null;

  private constructor(session: ort.InferenceSession, input: string, names: Renaming) {
    this.#session = session;
    this.#input = input;
    this.#names = names;
    this.#types = inputTypes(session);
    const { outputMetadata } = session;
    const tensors = outputMetadata.filter(({ isTensor }) => isTensor).map(({ name }) => name);
    this.#fetched = tensors.length === outputMetadata.length ? null : tensors;
  }

  /**
   * @param model bytes of an `.onnx` file, or of one whose weights are outside, with them
   * @param input the graph input that samples are fed to
   * @throws RuntimeError with the runtime's own words
   */
  static async create(model: ModelBytes, input: string, settings: SessionSettings): Promise<Session> {
    const { bytes, external } = splitOf(model);
    const { bytes: renamed, ...names } = withNamesForFeeds(bytes);
    return new Session(await createSession({ bytes: renamed, external }, settings, {}), input, names);
  }

  /**
   * Feeds one batch, and further inputs where the model has them, and returns all graph outputs.
   * Float32 numbers are fed to an input of another type as numbers of that; outputs of other types
   * come as float32, see `floatsOf`, which may throw where their data are first read.
   *
   * @throws RuntimeError
   */
  async run(batch: FloatTensor, further: Feeds = {}): Promise<Outputs> {
    try {
      const feeds = toTensors(this.#names, this.#types, this.#input, batch, further);
      const results = await (this.#fetched === null
        ? this.#session.run(feeds)
        : this.#session.run(feeds, this.#fetched));
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => {
          const old = this.#names.toOld(name);
          return [old, floatOutput(old, tensor)];
        }),
      );
    } catch (cause) {
      throw new RuntimeError('Running the model', cause);
    }
  }

  /**
   * Prepares runs of one batch whose outputs nobody reads: what is timed is the runtime's work
   * alone.
   *
   * @returns runs once; throws RuntimeError
   */
  prepareRun(batch: FloatTensor, further: Feeds = {}): () => Promise<void> {
    const feeds = toTensors(this.#names, this.#types, this.#input, batch, further);
    const fetched = this.#fetched;
    return async () => {
      try {
        await (fetched === null ? this.#session.run(feeds) : this.#session.run(feeds, fetched));
      } catch (cause) {
        throw new RuntimeError('Running the model', cause);
      }
    };
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

/**
 * Runs one batch under the runtime's profiler.
 *
 * @throws RuntimeError with the runtime's own words
 */
export async function profileKernels(
  model: ModelBytes,
  input: string,
  batch: FloatTensor,
  settings: SessionSettings,
  further: Feeds = {},
): Promise<KernelProfile> {
  return kernelProfile((await profileRuns(model, input, batch, settings, further, 1)).events);
}

/** What the runtime's profiler wrote of some runs. */
export interface ProfiledRuns {
  readonly events: readonly ProfileEvent[];
  /** The model's own name of a node that the profile names. */
  readonly toOld: Renaming['toOld'];
}

/**
 * Runs one batch several times in one session under the runtime's profiler.
 *
 * @throws RuntimeError with the runtime's own words
 */
export async function profileRuns(
  model: ModelBytes,
  input: string,
  batch: FloatTensor,
  settings: SessionSettings,
  further: Feeds,
  runs: number,
): Promise<ProfiledRuns> {
  const folder = temporaryFolder('profile');
  try {
    const { bytes, external } = splitOf(model);
    const renamed = withProfileNames(bytes);
    const session = await createSession({ bytes: renamed.bytes, external }, settings, {
      enableProfiling: true,
      profileFilePrefix: join(folder, 'p'),
    });
    try {
      const feeds = toTensors(renamed, inputTypes(session), input, batch, further);
      for (let run = 0; run < runs; run++) await session.run(feeds);
      session.endProfiling();
    } catch (cause) {
      throw new RuntimeError(`Running the model on ${settings.provider}`, cause);
    } finally {
      await session.release();
    }
    return { events: readProfile(folder), toOld: renamed.toOld };
  } finally {
    removeTemporary(folder);
  }
}

/**
 * The runtime says nothing when its profile does not fit on the disk: it is cut, or not there.
 * @throws SurroundingsError
 */
function readProfile(folder: string): readonly ProfileEvent[] {
  const [file] = readdirSync(folder);
  try {
    if (file === undefined) throw new Error('it wrote none');
    return JSON.parse(readFileSync(join(folder, file), 'utf8')) as readonly ProfileEvent[];
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SurroundingsError(`The runtime's profile in ${folder} is not whole: ${why}`, 'ENOSPC', { cause });
  }
}

/**
 * The model as the runtime rewrites it at the settings' optimization level: the bytes of an `.onnx`
 * file, with operators of its own that suit this machine, to be run without further optimization.
 *
 * @throws RuntimeError with the runtime's own words
 */
export async function optimizeModel(model: ModelBytes, settings: SessionSettings): Promise<Uint8Array> {
  let folder: string | null = null;
  try {
    folder = temporaryFolder('optimized');
    const path = join(folder, 'model.onnx');
    const session = await createSession(splitOf(model), settings, { optimizedModelFilePath: path });
    await session.release();
    return readFileSync(path);
  } catch (cause) {
    throw cause instanceof RuntimeError ? cause : new RuntimeError('Writing the optimized model', cause);
  } finally {
    if (folder !== null) removeTemporary(folder);
  }
}

/** The runtime's names of the types of a session's inputs. */
type InputTypes = ReadonlyMap<string, string>;

function inputTypes({ inputMetadata }: ort.InferenceSession): InputTypes {
  return new Map(inputMetadata.flatMap((input) => (input.isTensor ? [[input.name, input.type] as const] : [])));
}

function toTensors(
  names: Renaming,
  types: InputTypes,
  input: string,
  batch: FloatTensor,
  further: Feeds,
): Record<string, ort.Tensor> {
  const toTensor = (name: string, { type, data, dims }: Feed): [string, ort.Tensor] => {
    const own = names.toNew(name);
    const taken = types.get(own) ?? type;
    const isCast = taken !== type && data instanceof Float32Array;
    return [own, isCast ? castTensor(taken, data, dims) : new ort.Tensor(type, data, dims)];
  };
  return Object.fromEntries([
    toTensor(input, { type: 'float32', ...batch }),
    ...Object.entries(further).map(([name, feed]) => toTensor(name, feed)),
  ]);
}

function castTensor(type: string, values: Float32Array, dims: readonly number[]): ort.Tensor {
  const numbers = numbersOf(type, values);
  if (type !== 'float16') return new ort.Tensor(type as 'float32', numbers as Float32Array, dims);
  // Where Node has a Float16Array, the package makes one of the bits, which its native part can't
  // read: it is given the bits themselves.
  const tensor = new ort.Tensor('uint16', numbers as Uint16Array, dims);
  return Object.defineProperty(tensor, 'type', { value: type });
}

/** Float32 as it is; other numbers when they are asked for: most outputs of most runs are not. */
function floatOutput(name: string, { type, data, dims }: ort.Tensor): FloatTensor {
  if (data instanceof Float32Array) return { data, dims };
  let floats: Float32Array | null = null;
  return {
    get data() {
      return (floats ??= floatsOf(name, type, data));
    },
    dims,
    storedAs: type,
  };
}

/** Version of onnxruntime-node. */
export function onnxruntimeVersion(): string {
  return ort.env.versions.node ?? ort.env.versions.common;
}

/**
 * The first leaves the joining of two pairs with different scales on, which also rounds otherwise.
 */
const asWritten = { disable_quant_qdq: '1', disable_double_qdq_remover: '1' } as const;

/** What sessions are made of: a model's file, or what `splitModel` makes of a larger one. */
export type ModelBytes = Uint8Array | SplitModel;

function splitOf(model: ModelBytes): SplitModel {
  return model instanceof Uint8Array ? { bytes: model, external: [] } : model;
}

async function createSession(
  { bytes, external }: SplitModel,
  settings: SessionSettings,
  options: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  try {
    const externalData = external.map(({ location, data }) => ({ path: location, data }));
    return await ort.InferenceSession.create(bytes, {
      ...options,
      ...(externalData.length === 0 ? {} : { externalData }),
      executionProviders: [providers[settings.provider].sessionOption(settings.deviceId)],
      graphOptimizationLevel: settings.optimizationLevel,
      intraOpNumThreads: settings.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
      // A model that brings its own QuantizeLinear is run as written, not fused into integer
      // kernels, unless asked for.
      extra: {
        session: {
          ...(settings.fuseQuantized === true ? {} : asWritten),
          ...(settings.exactProducts === true ? { 'session.x64quantprecision': '1' } : {}),
        },
      },
    });
  } catch (cause) {
    throw new RuntimeError(`Loading the model on ${settings.provider}`, cause);
  }
}
