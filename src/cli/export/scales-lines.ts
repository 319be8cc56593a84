import type { ScalesSummary } from '../../export/scales/export-scales.js';

/** Names that a line lists. */
const LISTED = 8;

/** What `export` says of the scales that it wrote: where names are from, and what to mind. */
export function scalesLines({
  names,
  unnamed,
  leftOut,
  batchNorms,
  isFolded,
  isRequantized,
  rounded,
  format,
}: ScalesSummary): readonly string[] {
  const from = [
    [names.initializer, 'from weights'],
    [names.node, 'from nodes'],
    [names.layer, "the layer's own"],
  ] as const;
  const lines = [
    `  module names: ${from
      .filter(([count]) => count > 0)
      .map(([count, where]) => `${count} ${where}`)
      .join(', ')}`,
  ];
  if (unnamed.length > 0) {
    lines.push(`  note: no module is known for ${listed(unnamed)}: rename these keys to your modules`);
  }
  if (batchNorms.length > 0) {
    lines.push(
      `  note: ranges are of weights with their BatchNormalization folded in: fuse it in your model, too (${listed(batchNorms)})`,
    );
  }
  if (isFolded) {
    lines.push('  note: this trial folds 1/s into the layer before, whose weight range is of the folded weight');
  }
  if (isRequantized) {
    lines.push(
      '  note: this trial divides the scales of weights by s of the layers behind them: the ranges here are of the weights before that',
    );
  }
  if (rounded.length > 0) {
    const where =
      format === 'npz'
        ? 'set them to MODULE.weight_rounded'
        : 'export with --format npz, which has MODULE.weight_rounded';
    lines.push(`  note: weights are not rounded to the nearest, which toolkits do: ${where} (${listed(rounded)})`);
  }
  const reasons = new Map<string, string[]>();
  for (const { module, quantizer, reason } of leftOut) {
    reasons.set(reason, [...(reasons.get(reason) ?? []), `${module} (${quantizer})`]);
  }
  for (const [reason, modules] of reasons) {
    lines.push(`  note: no state_dict entry for ${listed(modules)}: ${reason}`);
  }
  return lines;
}

function listed(names: readonly string[]): string {
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return names.slice(0, LISTED).join(', ') + more;
}
