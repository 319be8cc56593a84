import type { PageFigure } from '../figure.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import { stoppedSql, stoppedTable } from '../sweep/stopped-early.js';

/** Why the trial was stopped early. */
export const trialStop: PageFigure<TrialPageFacts> = {
  id: 'stop',
  section: 'evidence',
  name: 'early stop',
  title: () => 'Why it was stopped',
  sql: ({ sweep, trial }) => stoppedSql(sweep.sweep.name, ` AND trial = ${trial.trial}`),
  build: (rows, { sweep }) =>
    rows.length === 0
      ? { kind: 'absent', note: 'It was not stopped early.', brief: 'none' }
      : stoppedTable(sweep.links, ''),
};
