import { memoizeByIdentity } from '../memo/memoize-by-identity.js';
import type { DataSource } from '../formats/data-source.js';
import type { Experiment, GateSettings, LossSettings, Settings } from '../experiment/sections/settings.js';

/**
 * The experiment with every number of evaluation samples at what there is: `all` as the number that
 * it stands for, and those of losses and gate at most that. Equal work so has equal settings before
 * keys are made of them.
 *
 * @param sampleCount samples of a source
 */
export function capSamples(experiment: Experiment, sampleCount: (source: DataSource) => number): Experiment {
  // Sections that trials share stay shared: a plan of thousands of trials goes by their objects.
  const dataOnce = memoizeByIdentity<Settings['data'], undefined, Settings['data']>((data) => {
    if (data.evaluation.samples !== 'all') return data;
    return { ...data, evaluation: { ...data.evaluation, samples: sampleCount(data.evaluation.source) } };
  });
  const lossOnce = memoizeByIdentity((loss: LossSettings, most: number) => capped(loss, most));
  const gateOnce = memoizeByIdentity((gate: GateSettings, most: number) => capped(gate, most));
  const trials = experiment.trials.map((trial) => {
    const { settings } = trial;
    const data = dataOnce(settings.data);
    const most = data.evaluation.samples === 'all' ? Infinity : data.evaluation.samples;
    return {
      ...trial,
      settings: { ...settings, data, loss: lossOnce(settings.loss, most), gate: gateOnce(settings.gate, most) },
    };
  });
  const notes = cappedNotes(
    experiment,
    trials.map(({ settings }) => settings.data.evaluation.samples),
  );
  return { ...experiment, trials, notes: [...(experiment.notes ?? []), ...notes] };
}

/**
 * Values of one setting that mean the same here: a person who asked for several sees one trial for
 * them.
 */
function cappedNotes({ trials }: Experiment, samples: readonly (number | 'all')[]): readonly string[] {
  const evaluated = [...new Set(samples)].filter((count) => count !== 'all');
  return (['loss', 'gate'] as const).flatMap((section) =>
    evaluated.flatMap((most) => {
      const asked = trials
        .filter(({ role }, index) => role === 'candidate' && samples[index] === most)
        .map(({ settings }) => settings[section].samples);
      const same = [...new Set(asked)].filter((value) => value >= most).sort((a, b) => a - b);
      return same.length < 2
        ? []
        : [
            `${section}.samples ${same.slice(0, -1).join(', ')} and ${same.at(-1)} are the same, because there are only ${most} evaluation samples.`,
          ];
    }),
  );
}

function capped<Section extends { readonly samples: number }>(section: Section, most: number): Section {
  return section.samples <= most ? section : { ...section, samples: most };
}
