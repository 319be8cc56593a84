import type { CaseResult } from './case-result.js';

/** The results of all formats as a Markdown table, one line a format, and the sum. */
export function fuzzTable(results: readonly CaseResult[]): string {
  const formats = [...new Set(results.map(({ format }) => format))];
  const lines = formats.map((format) =>
    line(
      format,
      results.filter((result) => result.format === format),
    ),
  );
  return [
    '| input | cases | read | refused, by class | different messages | failures | slowest, ms of CPU | largest growth, MB |',
    '|---|--:|--:|---|--:|--:|--:|--:|',
    ...lines,
    line('all', results),
  ].join('\n');
}

function line(name: string, results: readonly CaseResult[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of results) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const refused = [...counts].filter(([outcome]) => outcome !== 'accepted' && outcome !== 'failure').sort();
  const cells = [
    name,
    results.length,
    counts.get('accepted') ?? 0,
    refused.map(([outcome, count]) => `${outcome} ${count}`).join(', '),
    new Set(results.map(({ said }) => said).filter((said) => said !== '')).size,
    counts.get('failure') ?? 0,
    Math.round(largest(results.map(({ cpuMs }) => cpuMs))),
    Math.round(largest(results.map(({ grownBytes }) => grownBytes)) / 2 ** 20),
  ];
  return `| ${cells.join(' | ')} |`;
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
