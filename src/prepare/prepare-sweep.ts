import type { OnHashing } from '../formats/hash-source.js';
import { didYouMean } from '../text/nearest-name.js';
import type { ExpandedTrial, Experiment, RunSettings } from '../experiment/sections/settings.js';
import { capSamples } from '../plan/cap-samples.js';
import { expandSensitivity } from '../plan/expand-sensitivity.js';
import type { SweepPlan } from '../plan/plan.js';
import { planSweep } from '../plan/plan-sweep.js';
import { checkOutputs, type CheckedOutputs } from './check-outputs.js';
import { requireCodeConsent, type CodeUse } from './code-consent.js';
import { packageVersion } from './package-version.js';
import { compileGlob } from '../quantize/glob.js';
import { InputError } from '../errors/input-error.js';
import type { Engine } from '../engine/engine.js';
import type { Executor } from '../engine/executor.js';
import { providers } from '../engine/providers/providers.js';
import type { ResolvedProvider } from '../engine/providers/resolve-provider.js';
import type { Provider } from '../engine/providers/provider.js';
import type { Slot } from '../engine/slot.js';
import { withModelSizes } from './model-sizes.js';
import { inspectLate } from './inspect-late.js';
import { openSweepInputs, type SweepInputs } from './sweep-inputs.js';

/**
 * Part of every content key. To be raised whenever a change of the code changes the numbers that
 * trials produce, so that old results are not taken for new ones.
 */
export const NUMERICS_VERSION = '3';

export interface PreparedSweep {
  readonly experiment: Experiment;
  readonly inputs: SweepInputs;
  /** What trials are scored by, of each combination of model, task and evaluation data. */
  readonly outputs: readonly CheckedOutputs[];
  readonly provider: ResolvedProvider;
  readonly plan: SweepPlan;
  /** The children that the settings ask for on this machine. */
  readonly slots: readonly Slot[];
  /** Runs the sweep; who prepared it closes it. */
  readonly executor: Executor;
  /** True where that is on other machines. */
  readonly isElsewhere: boolean;
}

/** What preparing a sweep takes besides the experiment. */
export interface Preparation {
  /** Where jobs run: those that look at models before the sweep, then the sweep's own. */
  readonly engine: Engine;
  /** What the caller will run of the experiment's own code, and whether the user allowed it. */
  readonly code: { readonly use: CodeUse; readonly allowed: boolean };
  /** Told of the data that are read for their hash. */
  readonly onHashing?: OnHashing | undefined;
  /** See `ExecutorRequest`. */
  readonly onLog?: (place: string, text: string) => void;
}

/**
 * From the experiment to the plan: opens its models and data, decides on the provider, opens what
 * runs jobs on it, and plans trials and shared stages.
 *
 * @throws ModelError, DatasetError or InputError saying what is wrong and where
 */
export async function prepareSweep(
  written: Experiment,
  { engine, code, onHashing, onLog }: Preparation,
): Promise<PreparedSweep> {
  requireCodeConsent(written, code.use, code.allowed);
  const loaded = withModelSizes(written);
  const opened = await openSweepInputs(loaded, onHashing);
  const experiment = capSamples(
    expandSensitivity(loaded, (trial) => focusLayers(opened, loaded, trial)),
    (source) => opened.sampleCount(source),
  );
  const provider = await engine.resolveProvider(experiment.run);
  const slots = engine.slots(experiment.run, provider.provider);
  const { hangSeconds, memoryMb } = experiment.run;
  const executor = engine.open({
    ...{ slots, hangSeconds, memoryMb, inputs: opened.identities },
    ...(onLog === undefined ? {} : { onLog }),
  });
  try {
    const outputs = await withHostExecutor(experiment.run, provider.provider, engine, executor, (host) =>
      checkOutputs(loaded, opened, host),
    );
    const inputs = { ...opened, notes: await inspectLate(opened.lateTasks, opened.notes, outputs) };
    const plan = planSweep(experiment, {
      modelSha256: (model) => inputs.modelSha256(model),
      dataSha256: (source) => inputs.dataSha256(source),
      taskSha256: (task) => inputs.taskSha256(task),
      numericsVersion: NUMERICS_VERSION,
      onnxruntimeVersion: packageVersion('onnxruntime-node/package.json'),
      provider: provider.provider,
      optimizationLevel: experiment.run.optimizationLevel,
    });
    const { isElsewhere } = engine;
    return { experiment, inputs, outputs, provider, plan, slots, executor, isElsewhere };
  } catch (cause) {
    await executor.close();
    throw cause;
  }
}

/**
 * What looks at models does so on the CPU: in the sweep's own children where they run there, else
 * in one of its own.
 */
async function withHostExecutor<T>(
  { optimizationLevel, hangSeconds }: RunSettings,
  provider: Provider,
  { host: openHost, isElsewhere }: Engine,
  ofSweep: Executor,
  work: (executor: Executor) => Promise<T>,
): Promise<T> {
  if (providers[provider].usesHostMemory && !isElsewhere) return work(ofSweep);
  const session = { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel } as const;
  const host = openHost({ slots: [{ device: 'cpu:0', session }], hangSeconds, memoryMb: null, inputs: [] });
  try {
    return await work(host);
  } finally {
    await host.close();
  }
}

/** The layers that a sensitivity trial's glob names. @throws InputError where it names none */
function focusLayers(
  inputs: SweepInputs,
  { sources }: Experiment,
  { settings, axes }: ExpandedTrial,
): readonly string[] {
  const { model, layers, target } = settings;
  const names = inputs.selectedLayers(model.path, layers, target);
  const pattern = compileGlob(layers.focus);
  const matched = names.filter((name) => pattern.test(name));
  if (matched.length > 0) return matched;
  throw new InputError(
    `${sources?.prefix(layers, ['focus'], axes) ?? ''}Expected layers.focus to match layers that are quantized, got "${layers.focus}", which matches none${didYouMean(layers.focus, names) || '.'}`,
  );
}
