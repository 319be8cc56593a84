import { basename } from 'node:path';
import { describeBlocks, momentsBytes } from '../calibrate/moments/moments-bytes.js';
import type { FoundLayer } from '../onnx/layers/layers.js';
import type { SweepPlan } from '../plan/plan.js';
import type { SweepInputs } from './sweep-inputs.js';

/** Bytes of the second moments of all layers of a model over one number of samples. */
export function momentsSize(layers: readonly FoundLayer[]): number {
  return layers.reduce((sum, layer) => (layer.supported ? sum + momentsBytes(layer) : sum), 0);
}

/**
 * What the second moments of each model take, and which layers are too large for all of theirs;
 * none where no stage gathers any.
 */
export function momentsNotes(plan: SweepPlan, inputs: Pick<SweepInputs, 'layersOf'>): readonly string[] {
  const paths = new Set(plan.stages.flatMap((stage) => (stage.kind === 'moments' ? [stage.model.path] : [])));
  return [...paths].flatMap((path) => {
    const layers = inputs.layersOf(path);
    const blocks = describeBlocks(layers.filter((layer) => layer.supported));
    const size = `Second moments of ${basename(path)}: ${sizeText(momentsSize(layers))} for each number of samples.`;
    return blocks === null ? [size] : [size, blocks];
  });
}

function sizeText(bytes: number): string {
  return bytes >= 2 ** 20 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${Math.ceil(bytes / 2 ** 10)} KiB`;
}
