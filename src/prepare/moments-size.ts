import { basename } from 'node:path';
import { describeBlocks, momentsBytes } from '../calibrate/moments/moments-bytes.js';
import type { MomentsStage, SweepPlan } from '../plan/plan.js';
import { momentsLayers } from '../quantize/select-layers.js';
import type { SweepInputs } from './sweep-inputs.js';

type Layers = Pick<SweepInputs, 'layersOf'>;

/** Bytes of the second moments that a stage gathers, over one number of samples. */
export function momentsSize({ model, ops }: Pick<MomentsStage, 'model' | 'ops'>, inputs: Layers): number {
  return momentsLayers(inputs.layersOf(model.path), ops).reduce((sum, layer) => sum + momentsBytes(layer), 0);
}

/**
 * What second moments take, by stage, and which layers are too large for all of theirs; none where
 * no stage gathers any.
 */
export function momentsNotes(plan: SweepPlan, inputs: Layers): readonly string[] {
  const notes = plan.stages.flatMap((stage) => {
    if (stage.kind !== 'moments') return [];
    const { path } = stage.model;
    const blocks = describeBlocks(momentsLayers(inputs.layersOf(path), stage.ops));
    const size = sizeText(momentsSize(stage, inputs));
    const note = `Second moments of ${basename(path)}: ${size} for each number of samples.`;
    return blocks === null ? [note] : [note, blocks];
  });
  return [...new Set(notes)];
}

function sizeText(bytes: number): string {
  return bytes >= 2 ** 20 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${Math.ceil(bytes / 2 ** 10)} KiB`;
}
