import { targetOf, type TargetName } from '../../../targets/registry.js';
import { drawnLimits } from '../../charts/drawn-limits.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';
import { countText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { sqlText, textOf, textOrNull } from '../../query.js';
import type { PageFigure } from '../figure.js';
import { isDeployed } from './trial-deployment.js';

/** What the runtime made of each operator of the exported model, those left in float first. */
export const deployedOperators: PageFigure<TrialPageFacts> = {
  id: 'deployed-operators',
  section: 'deployment',
  name: 'operators of the deployed model',
  appliesTo: isDeployed,
  title: () => 'How the runtime runs each operator',
  sql: ({ sweep, trial }) =>
    `SELECT position, node, op, runs, kernel, target FROM v_deployed_operator
WHERE sweep = ${sqlText(sweep.sweep.name)} AND trial = ${trial.trial}
ORDER BY runs, position`,
  build: (rows) => {
    if (rows.length === 0)
      return {
        kind: 'absent',
        note: 'The exported model was not read back: its target was not run here, or the trial has not finished.',
        brief: 'not run here',
      };
    const float = rows.filter((row) => row['runs'] === 'float');
    return {
      kind: 'table',
      sortable: true,
      caption:
        float.length === 0
          ? `All ${countText(rows.length, 'operator')} run on integers.`
          : `${float.length} of ${countText(rows.length, 'operator')} stayed float: ${countsText(float)}.`,
      details:
        'Read back from the graph that the runtime made of the exported model. Quantizing and dequantizing are not listed: the profile of its latency has their time.',
      ...(rows.length > drawnLimits.tableRows ? { disclosure: `All ${rows.length} operators` } : {}),
      columns: [
        {
          title: 'runs on',
          field: 'runs',
          align: 'left',
          text: (row) => (row['runs'] === 'float' ? 'float' : 'integers'),
        },
        { title: 'operator', field: 'op', align: 'left', text: (row) => textOf(row, 'op') },
        { title: 'kernel', field: 'kernel', align: 'left', text: (row) => textOf(row, 'kernel') },
        { title: 'why', field: 'runs', align: 'left', text: whyText },
        { title: 'output', field: 'node', align: 'left', text: (row) => textOf(row, 'node') },
      ],
      emphasis: (row) => (row['runs'] === 'float' ? 'varied' : null),
    };
  },
};

/** `3 Conv, 1 Resize`, the most frequent first. */
export function countsText(rows: readonly Row[]): string {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(textOf(row, 'op'), (counts.get(textOf(row, 'op')) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([op, count]) => `${count} ${op}`)
    .join(', ');
}

/** As far as the target's own rules tell; a pattern that did not fuse is only known not to have. */
function whyText(row: Row): string {
  if (row['runs'] !== 'float') return '';
  const target = targetOf((textOrNull(row, 'target') ?? 'layers-only') as TargetName);
  if (target === null) return 'no quantizers on both sides that the runtime fuses';
  const rule = target.operators[textOf(row, 'op')] ?? [];
  const rules = 'runs' in rule ? [rule] : rule;
  if (rules.length > 0 && rules.some(({ runs }) => runs !== 'float'))
    return 'not fused with the quantizers around it, or left in float by the target’s rules here';
  return rules.find(({ why }) => why !== undefined)?.why ?? 'the target has no integer kernel for it';
}
