import type { PageFigure } from '../figure.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import { bytesText, countText, differenceText, shareText, significantText, valueText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf, textOrNull } from '../../query.js';

/** Whether the page of the trial speaks of deployment: of a quantized one, where the sweep does. */
export function isDeployed({ sweep, trial }: TrialPageFacts): boolean {
  return sweep.measured.deployment !== null && trial.role !== 'fp32';
}

/** The exported model, as its runtime ran it, beside its simulation. */
export const trialDeployment: PageFigure<TrialPageFacts> = {
  id: 'deployment-gap',
  section: 'deployment',
  name: 'gap between deployed and simulated',
  appliesTo: isDeployed,
  title: () => 'Deployed against simulated',
  sql: ({ sweep, trial }) =>
    `SELECT target, evidence, metric, simulated, deployed, gap, samples_differing, samples, output_values, differing_share, max_difference, export_bytes, options, onnxruntime_version
FROM v_deployment WHERE sweep = ${sqlText(sweep.sweep.name)} AND trial = ${trial.trial}`,
  build: ([row], { sweep }) => {
    if (row === undefined)
      return { kind: 'absent', note: 'What is deployed is known when the trial has finished.', brief: 'not finished' };
    if (row['differing_share'] === null) return { kind: 'text', caption: notComparedText(row) };
    const { metric } = sweep;
    return {
      kind: 'table',
      sortable: false,
      caption: `The exported model under onnxruntime ${textOf(row, 'onnxruntime_version')} (session: ${textOf(row, 'options')}), against the simulation of ${textOf(row, 'target')}.`,
      details:
        'Outputs are compared value by value over some samples; a value differs where it is not the same bit for bit. The accuracy is over the whole evaluation. A sample counts as judged otherwise where one of the two is right and the other wrong.',
      columns: [
        cell('simulated', 'simulated', (value) => valueText(value, metric)),
        cell('deployed', 'deployed', (value) => valueText(value, metric)),
        cell('gap', 'gap', (value) => differenceText(value, metric)),
        cell('samples judged otherwise', 'samples_differing', (value) => String(value)),
        cell('values that differ', 'differing_share', (value) => (value === 0 ? 'none' : shareText(value))),
        cell('of', 'output_values', (value) => countText(value, 'value')),
        cell('over', 'samples', (value) => countText(value, 'sample')),
        cell('largest difference', 'max_difference', (value) => `${significantText(value, 2)} of the output’s absmax`),
        cell('size', 'export_bytes', bytesText),
      ],
    };
  },
};

function notComparedText(row: Row): string {
  const target = textOf(row, 'target');
  const bytes = numberOrNull(row, 'export_bytes');
  const size = bytes === null ? '' : ` Its exported model has ${bytesText(bytes)}.`;
  const evidence = textOrNull(row, 'evidence');
  if (evidence === 'rules')
    return `Not run here: ${target} was simulated by its published rules, and its exported model was not run. The gap between the two is not known.${size}`;
  return `The outputs of the exported model were not compared with the simulation, so the gap between the two is not known.${size}`;
}

function cell(title: string, field: string, text: (value: number) => string) {
  return {
    title,
    field,
    align: 'right' as const,
    text: (row: Row) => (row[field] === null ? '–' : text(numberOf(row, field))),
  };
}
