import { conditionText } from '../../facts/latency-conditions.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { countText } from '../../number-text.js';
import { legendHint, zoomHint } from '../../charts/interaction.js';
import type { Row } from '../../query.js';
import { numberOf } from '../../query.js';
import type { Figure, Panel } from '../figure.js';
import { deploymentChart, targetChart } from './deployment-chart.js';
import { deploymentPointsSql } from './deployment-points.js';

/** Accuracy against latency and size, with the settings of each target that nothing beats. */
export const deploymentFigure: Figure = {
  id: 'deployment',
  section: 'first',
  name: 'accuracy against latency and size',
  appliesTo: ({ measured }) => measured.deployment !== null,
  title: ({ metric, measured }) =>
    `${metric.name} against ${(measured.deployment?.conditions.length ?? 0) > 0 ? 'latency and ' : ''}size`,
  sql: (facts) => deploymentPointsSql(facts),
  build: (rows, facts) => {
    const settings = rows.filter((row) => row['role'] !== 'fp32');
    if (settings.length === 0)
      return { kind: 'absent', note: 'No setting has finished.', brief: 'not finished', holdsWhilePending: true };
    const has = (field: string): boolean => settings.some((row) => row[field] !== null);
    const panels = [
      ...(has('ratio') ? [panel('ratio', rows, facts)] : []),
      ...(has('megabytes') ? [panel('megabytes', rows, facts)] : []),
    ];
    const conditions = facts.measured.deployment?.conditions ?? [];
    return {
      kind: 'charts',
      controls:
        conditions.length < 2
          ? []
          : [
              {
                param: 'condition',
                label: 'latency at',
                options: conditions.map((condition, value) => ({ value, label: conditionText(condition, conditions) })),
              },
            ],
      caption: captionText(settings, panels.length > 0, has('ratio')),
      details: detailsText(settings),
      panels:
        panels.length > 0
          ? panels
          : [
              {
                title: '',
                alt: `Dots of the ${facts.metric.name} of each setting, by target, and FP32 as a line.`,
                spec: targetChart(rows, facts),
              },
            ],
    };
  },
};

function panel(field: 'ratio' | 'megabytes', rows: readonly Row[], facts: SweepFacts): Panel {
  const against = field === 'ratio' ? 'latency' : 'size';
  const flag = field === 'ratio' ? 'on_latency_front' : 'on_size_front';
  const front = rows.filter((row) => row[flag] === 1);
  const labels = [...new Set(front.map((row) => String(row['label'])))];
  const listed = `${labels.slice(0, mostListed).join('; ')}${labels.length > mostListed ? `; and ${labels.length - mostListed} more` : ''}`;
  return {
    title: field === 'ratio' ? 'against latency' : 'against size',
    alt: `${facts.metric.name} against ${against}. On the Pareto front: ${listed}.`,
    spec: deploymentChart(rows, facts, field),
  };
}

/** Settings of a front that the text in place of the chart names. */
const mostListed = 8;

function captionText(settings: readonly Row[], hasFront: boolean, hasLatency: boolean): string {
  const notRun = [
    ...new Set(
      settings.filter((row) => row['was_run'] === 0).map((row) => String(row['target']).replace(' (not run here)', '')),
    ),
  ];
  const shown = hasFront
    ? `Lines: the Pareto front of each target. ${hasLatency ? 'Black diamond: FP32; left of the dashed line is faster.' : 'Black diamond: FP32.'}`
    : 'The settings of each target. Vertical line: FP32.';
  return notRun.length === 0 ? shown : `${shown} Not run here, by published rules only: ${notRun.join(', ')}.`;
}

function detailsText(settings: readonly Row[]): string {
  const trials = new Map(settings.map((row) => [numberOf(row, 'trial'), row]));
  const count = (test: (row: Row) => boolean): number => [...trials.values()].filter(test).length;
  const deployed = count((row) => row['accuracy_of'] === 'deployed');
  const timed = new Set(settings.filter((row) => row['ratio'] !== null).map((row) => row['trial'])).size;
  return `Bars: 95 % intervals, of the accuracy of a single setting and of the median ratio of latencies. The accuracy is of the exported model where it was run (${deployed} of ${countText(trials.size, 'setting')}), else of the simulation. Latency was measured of ${timed}; a setting without it is in the panel of sizes alone. Hollow points are not smoothed. The front was chosen on the samples that judge it. ${legendHint} ${zoomHint}`;
}
