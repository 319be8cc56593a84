import type { ObservationRecord } from '../src/records/observation-record.js';
import type { TrialSettings } from '../src/plan/plan.js';
import { prepareModel, type PreparedModel } from '../src/quantize/prepare-layers.js';
import { bitsOfLayers, selectLayers } from '../src/quantize/select-layers.js';
import { fixedAlphas } from '../src/quantize/fixed-alphas.js';
import type { LoadedModel } from '../src/engine/session/load-model.js';

/**
 * The model smoothed and quantized on paper as a trial does it first.
 *
 * @param alphas by layer where they were searched; null where the settings say them
 */
export function prepareTrial(
  { layers, quantization, smoothing }: TrialSettings,
  model: LoadedModel,
  observation: ObservationRecord,
  alphas: ReadonlyMap<string, number> | null,
): PreparedModel {
  if (layers === null || quantization === null) throw new Error('Expected a quantized trial, got one in FP32.');
  return prepareModel(
    model.folded,
    selectLayers(model.layers, layers),
    new Map(observation.inputs.map((input) => [input.layer, input])),
    {
      quantization,
      smoothing,
      bits: bitsOfLayers(model.layers, layers),
      alphaOf: alphas === null ? fixedAlphas(smoothing) : (layer) => alphas.get(layer)!,
    },
  );
}
