import type { ExpandedTrial, Experiment } from '../experiment/sections/settings.js';

/** Axis that a sensitivity trial gets beside those of its block: which layer it is of. */
const FOCUS_AXIS = 'layers.focus';

/**
 * The experiment with each sensitivity trial in place of its layers: one trial for every layer that
 * its glob names, with the layer as an axis of its own. The file knows no layers, so this comes
 * after the models are opened.
 *
 * @param layersOf names of the layers that a trial's focus is to expand to, in graph order
 */
export function expandSensitivity(
  experiment: Experiment,
  layersOf: (trial: ExpandedTrial) => readonly string[],
): Experiment {
  if (!experiment.trials.some((trial) => trial.role === 'sensitivity')) return experiment;
  const trials = experiment.trials.flatMap((trial): readonly ExpandedTrial[] => {
    if (trial.role !== 'sensitivity') return [trial];
    const { settings, axes } = trial;
    return layersOf(trial).map((focus) => ({
      ...trial,
      settings: { ...settings, layers: { ...settings.layers, focus } },
      axes: { ...axes, [FOCUS_AXIS]: focus },
    }));
  });
  return { ...experiment, trials, axisPaths: [...new Set([...experiment.axisPaths, FOCUS_AXIS])] };
}
