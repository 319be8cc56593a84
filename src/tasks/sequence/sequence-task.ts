import { resolve } from 'node:path';
import { ofFirstShape } from '../shape-misfits.js';
import { defineTask } from '../task.js';
import { inspectSequence } from './inspect-sequence.js';
import { createSequence, finishSequence } from './sequence.js';
import { sequenceDivergence } from './sequence-divergence.js';
import { sequenceMetrics } from './sequence-metrics.js';
import { sequenceSettings, type SequenceTask } from './sequence-settings.js';
import { mergeSequenceStates } from './sequence-state.js';
import { stepsMisfit } from './step-layout.js';

export const sequenceTask = defineTask({
  description: 'Text by CTC [N, T, classes], decoded greedily: exact matches and character error rate.',
  metrics: sequenceMetrics,
  settings: sequenceSettings,
  outputs: 'one',
  readsIntegers: false,
  needs: null,
  needsReference: false,
  countsSamples: true,
  countsWith: ({ primary }) => primary === 'exact',
  judgedAs: null,
  locate: (given, folder): SequenceTask => ({
    ...given,
    truth: resolve(folder, given.truth),
    alphabetFile: given.alphabetFile === null ? null : resolve(folder, given.alphabetFile),
  }),
  code: () => null,
  paths: ['truth', 'alphabetFile'],
  files: [
    { field: 'truth', listing: null },
    { field: 'alphabetFile', listing: null },
  ],
  divergence: sequenceDivergence,
  compared: ({ layout }) => ({ layout }),
  misfit: (task, outputs, context) => ofFirstShape((dims) => stepsMisfit(task, dims))(task, outputs, context),
  inspect: inspectSequence,
  labelMisfit: () => null,
  isChoosy: true,
  open: createSequence,
  merge: mergeSequenceStates,
  finish: finishSequence,
});
