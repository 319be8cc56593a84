import { ANY_OUTPUT, batchMisfit, type Misfit, type OutputShape } from '../output-shape.js';
import type { KeypointTask } from './keypoint-settings.js';

const FORMS: Readonly<Record<KeypointTask['points'], string>> = {
  yoloPose: '[N, 4 + classes + 3 K, boxes]',
  heatmaps: '[N, K, H, W]',
  simcc: '[N, K, bins]',
};

/** Why outputs are not those of `task.points`; null where they may be. */
export function keypointMisfit(
  { points, sigmas }: Pick<KeypointTask, 'points' | 'sigmas'>,
  outputs: readonly OutputShape[],
  rows: number | null,
): Misfit | null {
  const axes = points === 'heatmaps' ? 4 : 3;
  const expected = `of shape ${FORMS[points]}, as task.points: ${points} reads it`;
  const fitting = outputs.filter(({ dims }) => dims.length === axes && enough(points, dims, sigmas?.length ?? 1));
  const wanted = points === 'simcc' ? 2 : 1;
  if (fitting.length < wanted || (points !== 'yoloPose' && fitting.length !== outputs.length)) {
    const other = outputs.find((output) => !fitting.includes(output)) ?? outputs[0]!;
    const advice =
      points === 'simcc' && outputs.length < 2
        ? 'SimCC gives two outputs: name both as model.outputs, x first.'
        : `Set task.points to what the model gives, or name its outputs as model.outputs. ${ANY_OUTPUT}`;
    return { expected, what: '', advice, output: other };
  }
  for (const output of fitting) {
    const misfit = batchMisfit(FORMS[points], output.dims, rows);
    if (misfit !== null) return { ...misfit, output };
  }
  return null;
}

/** At least as many channels as a box, a class and the points take; as many maps as points. */
function enough(points: KeypointTask['points'], dims: OutputShape['dims'], keypoints: number): boolean {
  if (points !== 'yoloPose') return true;
  const lengths = dims.slice(1);
  return lengths.some((length) => length === null) || Math.min(...lengths.map(Number)) >= 5 + 3 * keypoints;
}
