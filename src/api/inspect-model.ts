import { resolve } from 'node:path';
import type { OpenExecutor } from '../engine/executor.js';
import { localExecutor } from '../engine/local/local-executor.js';
import { fixedInputs } from '../engine/session/fixed-inputs.js';
import { mainInput, type MainInput } from '../guess/main-input.js';
import type { ModelFacts, RunFacts } from '../guess/model-facts.js';
import { statedType } from '../onnx/types/element-types.js';
import { modelFacts } from '../inspect/model-facts.js';
import { openModel } from '../inspect/open-model.js';
import { randomSource, runModel } from '../inspect/run-model.js';

/** Seconds without a sign of life after which a run counts as hanging. */
const HANG_SECONDS = 60;

export interface InspectOptions {
  /** The input that samples are fed to. Default: the one that looks most like samples. */
  readonly input?: string;
  /** Height and width of a picture, where the model leaves them open. */
  readonly size?: readonly [number, number];
  /** Opens what runs the model. Default: a child process on this machine. */
  readonly executor?: OpenExecutor;
}

/** A model by its file and one run. */
export interface InspectedModel {
  readonly facts: ModelFacts;
  /** Null: the model has no input of numbers, or none of the name. */
  readonly main: MainInput | null;
  /** A text says why the model did not run on random samples; null: there is nothing to feed. */
  readonly run: RunFacts | string | null;
}

/** Reads a model and runs it on random samples. @throws ModelError for a file that is no model */
export async function inspectModel(path: string, options: InspectOptions = {}): Promise<InspectedModel> {
  const absolute = resolve(path);
  const { input = null, size = null, executor: open = localExecutor() } = options;
  const plain = openModel(absolute, {});
  const facts = modelFacts(plain);
  const main = mainInput(facts, { input, size });
  if (main === null) return { facts, main, run: null };
  const fed = plain.stored.graph.input.find(({ name }) => name === main.name);
  const source = randomSource(main, fed === undefined ? 0 : statedType(fed));
  const fixed = fixedInputs([source]);
  const { sha256, layers } = main.others.length === 0 ? plain : openModel(absolute, fixed);
  const session = { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel: 'all' } as const;
  const executor = open({
    ...{ slots: [{ device: 'cpu:0', session }], hangSeconds: HANG_SECONDS, memoryMb: null, inputs: [] },
  });
  const wanted = { outputs: 'several', readsIntegers: true } as const;
  const model = { path: absolute, input: main.name, output: null, outputs: null, sha256, fixed, wanted };
  try {
    return { facts, main, run: await runModel(executor, { model, layers }, source) };
  } finally {
    await executor.close();
  }
}
