import { latencySource } from '../../facts/latency-conditions.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import { ratioText, significantText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, textOf } from '../../query.js';
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
  sql: ({
    sweep,
    trial,
  }) => `SELECT device, batch_size, threads, rounds, fp32_ms, quantized_ms, ratio, ratio_low, ratio_high, spread, verdict, cpu_ratio, cpu_ratio_low, cpu_ratio_high, host, cpu_model, cpu_flags,
       onnxruntime_version, measured_at FROM ${latencySource(sweep.sweep.name, trial.trial)}
ORDER BY device <> 'cpu', device, host, threads, batch_size`,
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
          details: `The ratio is the median over the rounds, each of which runs both once; the interval is the median’s at 95 %. Where it contains 1, the two are not distinguishable. CPU flags: ${flagsText(rows)}.`,
          columns: [
            { title: 'batch', field: 'batch_size', align: 'right', text: (row) => String(numberOf(row, 'batch_size')) },
            {
              title: 'threads',
              field: 'threads',
              align: 'right',
              text: (row) => (numberOf(row, 'threads') === 0 ? '–' : String(numberOf(row, 'threads'))),
            },
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
            {
              title: 'by CPU time',
              field: 'cpu_ratio',
              align: 'right',
              text: (row) => {
                const ratio = numberOrNull(row, 'cpu_ratio');
                return ratio === null
                  ? '–'
                  : `${ratioText(ratio)} [${ratioText(numberOf(row, 'cpu_ratio_low'))}, ${ratioText(numberOf(row, 'cpu_ratio_high'))}]`;
              },
            },
            { title: 'verdict', field: 'verdict', align: 'left', text: (row) => verdictText(textOf(row, 'verdict')) },
            { title: 'rounds', field: 'rounds', align: 'right', text: (row) => String(numberOf(row, 'rounds')) },
            {
              title: 'device',
              field: 'device',
              align: 'left',
              text: (row) => (textOf(row, 'device') === 'cpu' ? 'CPU' : textOf(row, 'device')),
            },
            {
              title: 'machine',
              field: 'host',
              align: 'left',
              text: (row) => `${textOf(row, 'host')}, ${textOf(row, 'cpu_model')}`,
            },
          ],
        },
};

/** Of the machines that timed it. */
function flagsText(rows: readonly Row[]): string {
  const flags = new Set(rows.map((row) => textOf(row, 'cpu_flags')).filter((text) => text !== ''));
  return flags.size === 0 ? 'unknown' : [...flags].join('; ');
}

function milliseconds(row: Row, field: string): string {
  return `${significantText(numberOf(row, field), 3)} ms`;
}
