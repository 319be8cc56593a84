import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fixedInputs, withFixedInputs } from '../engine/session/fixed-inputs.js';
import { readModelFile } from '../engine/session/model-file.js';
import { sweptModel, type ComputedInFloat32 } from '../engine/session/swept-model.js';
import { InputError } from '../errors/input-error.js';
import type { DataSource } from '../formats/data-source.js';
import { externalLocations } from '../onnx/external-locations.js';
import type { FixedInputs } from '../onnx/folding/known-values.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import type { StoredTrial } from '../store/read/read-trial.js';

/**
 * The model of a finished, quantized trial. @throws InputError for any other trial, saying why
 */
export function openTrial({
  number,
  label,
  role,
  status,
  model,
  layers,
}: StoredTrial): NonNullable<StoredTrial['model']> {
  const trial = `trial ${number} (${label})`;
  if (role === 'fp32') {
    throw new InputError(
      `Expected a quantized trial, got ${trial}: nothing is quantized in it; deploy the original model.`,
    );
  }
  if (status === 'stopped') {
    throw new InputError(
      `Expected a finished trial, got ${trial}, which was stopped early because certainly not the best. Without data.evaluation.stop it runs to its end.`,
    );
  }
  if (status !== 'done' || model === null || layers.length === 0) {
    throw new InputError(
      `Expected a finished trial, got ${trial}, which is ${status}. \`quantsweep run\` finishes it.`,
    );
  }
  return model;
}

/** Of the data that the trial was made with, by its stored settings. */
export function fixedInputsOf({ settings }: StoredTrial): FixedInputs {
  const { calibration, evaluation } = JSON.parse(settings) as {
    readonly [Role in 'calibration' | 'evaluation']?: { readonly source: DataSource } | null;
  };
  return fixedInputs([calibration?.source, evaluation?.source].filter((source) => source !== undefined));
}

/** The model of a trial in two forms. */
export interface Source {
  /** With its own float types. */
  readonly original: OnnxModel;
  /** As the trial quantized it. */
  readonly swept: OnnxModel;
  readonly float32: ComputedInFloat32 | null;
}

/**
 * The model as the trial quantized it: in float32, with the branches that fixed inputs decide on;
 * or as it is in the file, as earlier versions quantized it.
 */
export function readSource(path: string, sha256: string, fixed: FixedInputs): Source {
  if (!existsSync(path)) {
    throw new InputError(`Expected the trial's model at ${path}, got nothing there. Use --model to say where it is.`);
  }
  const file = readModelFile(path);
  if (file.sha256 === sha256) return { original: file.model, swept: file.model, float32: null };
  for (const given of [fixed, {}]) {
    const original = withFixedInputs(file, given);
    if (original.sha256 === sha256) return { original: original.model, swept: original.model, float32: null };
    const swept = sweptModel(file, given);
    if (swept.sha256 === sha256) return { original: original.model, swept: swept.model, float32: swept.float32 };
  }
  throw new InputError(
    `${path}: expected the model that the trial quantized (sha256 ${sha256}), got sha256 ${file.sha256}. Give the original file with --model.`,
  );
}

/** Not even `force` replaces the model that the trial was made from, or its external data. */
export function keepSource(target: string, source: string): void {
  if (!existsSync(target)) return;
  const own = [source, ...externalLocations(readFileSync(source)).map((name) => join(dirname(source), name))];
  if (!own.some((path) => existsSync(path) && realpathSync(path) === realpathSync(target))) return;
  throw new InputError(`${target} is the trial's own model, which is never overwritten. Give another path.`);
}
