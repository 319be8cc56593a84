import type { OnHashing } from '../../formats/hash-source.js';
import { didYouMean } from '../../text/nearest-name.js';
import type { ExpandedTrial, Experiment } from '../../experiment/sections/settings.js';
import { capSamples } from '../../plan/cap-samples.js';
import { expandSensitivity } from '../../plan/expand-sensitivity.js';
import type { SweepPlan } from '../../plan/plan.js';
import { planSweep } from '../../plan/plan-sweep.js';
import { checkOutputs } from './check-outputs.js';
import { requireCodeConsent, type CodeUse } from './code-consent.js';
import { packageVersion } from './environment.js';
import { compileGlob } from '../../quantize/glob.js';
import { InputError } from '../../errors/input-error.js';
import { resolveProvider, type ResolvedProvider } from './resolve-provider.js';
import { openSweepInputs, type SweepInputs } from './sweep-inputs.js';

/**
 * Part of every content key. To be raised whenever a change of the code changes the numbers that trials produce, so
 * that old results are not taken for new ones.
 */
export const NUMERICS_VERSION = '3';

export interface PreparedSweep {
  readonly experiment: Experiment;
  readonly inputs: SweepInputs;
  readonly provider: ResolvedProvider;
  readonly plan: SweepPlan;
}

/** The compiled entry of the child processes. */
export function workerEntry(): URL {
  return new URL('../../engine/local/worker-main.js', import.meta.url);
}

/**
 * From the experiment to the plan: opens its models and data, decides on the provider and plans trials and shared stages.
 *
 * @param code what the caller will run of the experiment's own code, and whether the user allowed it
 * @param onHashing told of the data that are read for their hash
 * @throws ModelError, DatasetError or InputError saying what is wrong and where
 */
export async function prepareSweep(
  loaded: Experiment,
  entry: URL,
  code: { readonly use: CodeUse; readonly allowed: boolean },
  onHashing?: OnHashing,
): Promise<PreparedSweep> {
  requireCodeConsent(loaded, code.use, code.allowed);
  const inputs = await openSweepInputs(loaded, onHashing);
  const experiment = capSamples(
    expandSensitivity(loaded, (trial) => focusLayers(inputs, loaded, trial)),
    (source) => inputs.sampleCount(source),
  );
  await checkOutputs(loaded, inputs, entry);
  const provider = await resolveProvider(experiment.run, entry);
  const plan = planSweep(experiment, {
    modelSha256: (model) => inputs.modelSha256(model),
    dataSha256: (source) => inputs.dataSha256(source),
    taskSha256: (task) => inputs.taskSha256(task),
    numericsVersion: NUMERICS_VERSION,
    onnxruntimeVersion: packageVersion('onnxruntime-node/package.json'),
    provider: provider.provider,
    optimizationLevel: experiment.run.optimizationLevel,
  });
  return { experiment, inputs, provider, plan };
}

/** The layers that a sensitivity trial's glob names. @throws InputError where it names none */
function focusLayers(
  inputs: SweepInputs,
  { sources }: Experiment,
  { settings, axes }: ExpandedTrial,
): readonly string[] {
  const { model, layers } = settings;
  const names = inputs.selectedLayers(model.path, layers);
  const pattern = compileGlob(layers.focus);
  const matched = names.filter((name) => pattern.test(name));
  if (matched.length > 0) return matched;
  throw new InputError(
    `${sources?.prefix(layers, ['focus'], axes) ?? ''}Expected layers.focus to match layers that are quantized, got "${layers.focus}", which matches none${didYouMean(layers.focus, names) || '.'}`,
  );
}
