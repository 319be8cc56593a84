import { scorePredictions, type ScoreRequest } from '../../api/score-predictions.js';
import { formatRows, type RowFormat } from '../query/format-rows.js';

/** Scores stored outputs. @returns what is to be printed: one JSON document, or rows */
export async function describeScore(request: ScoreRequest, format: RowFormat): Promise<string> {
  const score = await scorePredictions(request);
  if (format === 'json') return `${JSON.stringify(score, null, 2)}\n`;
  const rows = score.accuracies.map(({ metric, slice, value, ciLow, ciHigh }) => [metric, slice, value, ciLow, ciHigh]);
  const width = process.stdout.isTTY ? process.stdout.columns : null;
  for (const note of score.notes) process.stderr.write(`${note}\n`);
  return formatRows({ columns: ['metric', 'slice', 'value', 'ci_low', 'ci_high'], rows }, format, width);
}
