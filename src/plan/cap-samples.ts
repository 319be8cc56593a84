import { onceForEach } from '../experiment/once-for-each.js';
import type { DataSource, Experiment, GateSettings, LossSettings, Settings } from '../experiment/settings.js';

/**
 * The experiment with every number of evaluation samples at what there is: `all` as the number that it stands for, and
 * those of losses and gate at most that. Equal work so has equal settings before keys are made of them.
 *
 * @param sampleCount samples of a source
 */
export function capSamples(experiment: Experiment, sampleCount: (source: DataSource) => number): Experiment {
  // Sections that trials share stay shared: a plan of thousands of trials goes by their objects.
  const dataOnce = onceForEach<Settings['data'], undefined, Settings['data']>((data) => {
    if (data.evaluation.samples !== 'all') return data;
    return { ...data, evaluation: { ...data.evaluation, samples: sampleCount(data.evaluation.source) } };
  });
  const lossOnce = onceForEach((loss: LossSettings, most: number) => capped(loss, most));
  const gateOnce = onceForEach((gate: GateSettings, most: number) => capped(gate, most));
  const trials = experiment.trials.map((trial) => {
    const { settings } = trial;
    const data = dataOnce(settings.data);
    const most = data.evaluation.samples === 'all' ? Infinity : data.evaluation.samples;
    return {
      ...trial,
      settings: { ...settings, data, loss: lossOnce(settings.loss, most), gate: gateOnce(settings.gate, most) },
    };
  });
  return { ...experiment, trials };
}

function capped<Section extends { readonly samples: number }>(section: Section, most: number): Section {
  return section.samples <= most ? section : { ...section, samples: most };
}
