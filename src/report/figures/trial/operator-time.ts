import type { TopLevelSpec } from 'vega-lite';
import { color } from '../../charts/theme.js';
import { conditionText, latencySource, type LatencyCondition } from '../../facts/latency-conditions.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import { significantText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, sqlText, textOf } from '../../query.js';
import type { PageFigure } from '../figure.js';
import { isDeployed } from './trial-deployment.js';

const kinds = {
  integer: ['integer kernels', color('smoothed')],
  float: ['float kernels', color('unsmoothed')],
  conversion: ['conversions', color('size2')],
} as const;

/** Where the time of FP32 and of the exported model goes, by the runtime's profile. */
export const operatorTime: PageFigure<TrialPageFacts> = {
  id: 'operator-time',
  section: 'deployment',
  name: 'time of operators',
  appliesTo: isDeployed,
  title: () => 'Time of each operator beside FP32',
  sql: ({
    sweep,
    trial,
  }) => `SELECT o.latency, o.device, o.host, o.cpu_model, o.batch_size, o.threads, CASE o.model WHEN 'fp32' THEN 'FP32' ELSE 'exported' END AS model, o.kind, o.op,
       count(*) AS operators, sum(o.duration_us) / 1000 AS milliseconds
FROM v_operator_time o
WHERE o.sweep = ${sqlText(sweep.sweep.name)} AND o.trial = ${trial.trial} AND o.latency IN (SELECT newest FROM ${latencySource(sweep.sweep.name, trial.trial)})
GROUP BY o.latency, o.model, o.kind, o.op ORDER BY o.device <> 'cpu', o.threads, o.batch_size, o.latency, o.model, milliseconds DESC`,
  build: (rows) => {
    const [first] = rows;
    if (first === undefined)
      return {
        kind: 'absent',
        note: 'No profile is stored: measure.latency in the experiment brings it, where the runtime of this machine was timed.',
        brief: 'measure.latency',
      };
    const measured = [...new Map(rows.map((row) => [numberOf(row, 'latency'), toCondition(row)])).entries()];
    const caption = captionText(rows.filter((row) => row['latency'] === first['latency']));
    return {
      kind: 'charts',
      controls:
        measured.length < 2
          ? []
          : [
              {
                param: 'measurement',
                label: 'measured at',
                options: measured.map(([value, one]) => ({
                  value,
                  label: conditionText(
                    one,
                    measured.map(([, other]) => other),
                  ),
                })),
              },
            ],
      caption,
      details:
        'Summed over the operators of one kernel, each the median over the profiled runs. Conversions quantize, dequantize and reorder data between kernels. A profiled run takes longer than a timed one, so the sums are not the latency.',
      panels: [
        { title: '', alt: `Bars of time by kind of operator. ${caption}`, spec: chart(numberOf(first, 'latency')) },
      ],
    };
  },
};

function toCondition(row: Row): LatencyCondition {
  return {
    device: textOf(row, 'device'),
    host: textOf(row, 'host'),
    cpuModel: textOf(row, 'cpu_model'),
    batchSize: numberOf(row, 'batch_size'),
    threads: numberOf(row, 'threads'),
  };
}

/** What takes the exported model's time. */
function captionText(rows: readonly Row[]): string {
  const own = rows.filter((row) => row['model'] === 'exported');
  const total = own.reduce((sum, row) => sum + numberOf(row, 'milliseconds'), 0);
  if (total === 0) return 'Time by kind of operator.';
  const of = (kind: string): number =>
    own.filter((row) => row['kind'] === kind).reduce((sum, row) => sum + numberOf(row, 'milliseconds'), 0);
  const share = (kind: string): string => `${Math.round((100 * of(kind)) / total)} %`;
  const worst = own.filter((row) => row['kind'] !== 'integer');
  const most =
    worst.length === 0
      ? null
      : worst.reduce((a, b) => (numberOf(b, 'milliseconds') > numberOf(a, 'milliseconds') ? b : a));
  return `Of the exported model’s time ${share('integer')} is in integer kernels, ${share('float')} in float kernels, ${share('conversion')} in conversions.${most === null ? '' : ` Most outside integer kernels: ${textOf(most, 'op')}, ${significantText(numberOf(most, 'milliseconds'), 3)} ms.`}`;
}

function chart(first: number): TopLevelSpec {
  const names = Object.keys(kinds) as (keyof typeof kinds)[];
  return {
    description: 'Time by kind of operator',
    data: { name: 'rows' },
    width: 'container',
    height: 110,
    autosize: { type: 'fit', contains: 'padding', resize: true },
    params: [{ name: 'measurement', value: first }],
    transform: [
      { filter: 'datum.latency == measurement' },
      {
        calculate: `${JSON.stringify(Object.fromEntries(names.map((kind) => [kind, kinds[kind][0]])))}[datum.kind]`,
        as: 'what',
      },
      { calculate: `indexof(${JSON.stringify(names)}, datum.kind)`, as: 'order' },
    ],
    mark: { type: 'bar', stroke: color('ground'), strokeWidth: 0.5 },
    encoding: {
      y: {
        field: 'model',
        type: 'nominal',
        title: null,
        sort: ['FP32', 'exported'],
        axis: { ticks: false, domain: false },
      },
      x: { field: 'milliseconds', type: 'quantitative', title: 'time of the operators (ms)', stack: 'zero' },
      color: {
        field: 'what',
        type: 'nominal',
        title: null,
        scale: { domain: names.map((kind) => kinds[kind][0]), range: names.map((kind) => kinds[kind][1]) },
      },
      order: { field: 'order' },
      tooltip: [
        { field: 'op', title: 'kernel' },
        { field: 'operators', title: 'operators' },
        { field: 'milliseconds', title: 'ms', format: '.3f' },
        { field: 'what', title: 'kind' },
      ],
    },
  };
}
