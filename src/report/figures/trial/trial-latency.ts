import { conditionText, latencySql, toLatency } from '../../facts/latency-facts.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import { ratioText, significantText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, textOf } from '../../query.js';
import type { PageFigure } from '../figure.js';
import { verdictText } from '../sweep/deployed-trials.js';
import { isDeployed } from './trial-deployment.js';

/** The exported model timed against FP32, in each condition. */
export const trialLatency: PageFigure<TrialPageFacts> = {
  id: 'latency',
  section: 'deployment',
  name: 'latency',
  appliesTo: isDeployed,
  title: () => 'Latency beside FP32',
  sql: ({ sweep, trial }) => latencySql(sweep.sweep.name, trial.trial),
  build: (rows) =>
    rows.length === 0
      ? {
          kind: 'absent',
          note: 'The latency of this trial was not measured: measure.latency in the experiment measures it, with trials: all of every trial.',
          brief: 'measure.latency',
        }
      : {
          kind: 'table',
          sortable: false,
          caption: 'FP32 and the exported model timed in turn. Ratios are exported / FP32: below 1 is faster.',
          details:
            'The ratio is the median over the rounds, each of which runs both once; the interval is the median’s at 95 %. Where it contains 1, the two are not distinguishable.',
          columns: [
            { title: 'measured at', field: 'batch_size', align: 'left', text: (row) => conditionText(toLatency(row)) },
            { title: 'FP32', field: 'fp32_ms', align: 'right', text: (row) => milliseconds(row, 'fp32_ms') },
            {
              title: 'exported',
              field: 'quantized_ms',
              align: 'right',
              text: (row) => milliseconds(row, 'quantized_ms'),
            },
            {
              title: 'ratio [95 % interval]',
              field: 'ratio',
              align: 'right',
              text: (row) =>
                `${ratioText(numberOf(row, 'ratio'))} [${ratioText(numberOf(row, 'ratio_low'))}, ${ratioText(numberOf(row, 'ratio_high'))}]`,
            },
            { title: 'verdict', field: 'verdict', align: 'left', text: (row) => verdictText(textOf(row, 'verdict')) },
            { title: 'rounds', field: 'rounds', align: 'right', text: (row) => String(numberOf(row, 'rounds')) },
            {
              title: 'device',
              field: 'device',
              align: 'left',
              text: (row) => textOf(row, 'device').replace('ExecutionProvider', ''),
            },
            {
              title: 'machine',
              field: 'host',
              align: 'left',
              text: (row) => `${textOf(row, 'host')}, ${textOf(row, 'cpu_model')}`,
            },
            { title: 'CPU flags', field: 'cpu_flags', align: 'left', text: (row) => textOf(row, 'cpu_flags') },
          ],
        },
};

function milliseconds(row: Row, field: string): string {
  return `${significantText(numberOf(row, field), 3)} ms`;
}
