import { inspectModel, type InspectedModel, type InspectOptions } from '../../api/inspect-model.js';
import { recogniseTask } from '../../guess/tasks/recognise-task.js';
import { seenOf } from '../../guess/tasks/seen-outputs.js';
import { modelWarnings } from '../../guess/warnings.js';
import { printableName } from '../../text/printable.js';
import { formatRows } from '../query/format-rows.js';

/** @returns a JSON document, or lines and a table of layers */
export async function describeModel(path: string, options: InspectOptions, format: 'table' | 'json'): Promise<string> {
  const inspected = await inspectModel(path, options);
  return format === 'json' ? `${JSON.stringify(documentOf(inspected), null, 2)}\n` : textOf(inspected);
}

function documentOf({ facts, main, run }: InspectedModel): object {
  const ran = typeof run === 'string' ? null : run;
  const { operators, layers, outputs, ...file } = facts;
  return {
    ...file,
    operators: Object.fromEntries(operators),
    outputs: outputs.map((output) => ({ ...output, sample: ran?.outputs.get(output.name) ?? null })),
    samples: main,
    looksLike: main === null ? null : recogniseTask(seenOf(facts, main, ran, null)).looksLike,
    macs: totalMacs(ran),
    msPerSample: ran?.msPerSample ?? null,
    layers: layers.map((layer) => ({
      ...layer,
      output: ran?.layers.get(layer.name) ?? null,
      macs: ran?.macs.get(layer.name) ?? null,
    })),
    warnings: modelWarnings(facts, main, run),
  };
}

/** Of all layers of which they are known; null: of none. */
function totalMacs(run: { readonly macs: ReadonlyMap<string, number> } | null): number | null {
  return run === null || run.macs.size === 0 ? null : [...run.macs.values()].reduce((a, b) => a + b, 0);
}

function textOf({ facts, main, run }: InspectedModel): string {
  const ran = typeof run === 'string' ? null : run;
  const shapeText = (shape: readonly (number | string | null)[] | null): string =>
    shape === null ? 'of no stated shape' : `[${shape.map((length) => length ?? '?').join(', ')}]`;
  const quantized = facts.layers.filter(({ float }) => float === null).length;
  const macs = totalMacs(ran);
  const guess = main === null ? null : recogniseTask(seenOf(facts, main, ran, null));
  const lines = [
    facts.path,
    `  ${megabytes(facts.sizeBytes)}, opset ${facts.opset}${facts.producer === '' ? '' : `, ${facts.producer}`}`,
    ...Object.entries(facts.metadata).map(([key, value]) => `  ${key}: ${value.slice(0, 100)}`),
    ...facts.inputs.map(({ name, type, shape }) => {
      const isMain = name === main?.name;
      const what = isMain ? `: samples of ${shapeText(main.sampleShape)}, ${layoutText(main.layout)}` : '';
      return `input ${name} ${type} ${shapeText(shape)}${what}`;
    }),
    ...facts.outputs.map(({ name, type, shape }) => {
      const own = ran?.outputs.get(name);
      return `output ${name} ${type} ${shapeText(shape)}${own === undefined ? '' : `: ${shapeText(own)} of a sample`}`;
    }),
    ...(guess === null ? [] : [`looks like ${guess.looksLike} (${guess.because})`]),
    `${facts.parameters} parameters${macs === null ? '' : `, ${macs} MACs for a sample`}${ran === null ? '' : `, ${ran.msPerSample.toPrecision(2)} ms of one thread`}`,
    `${quantized} of ${facts.layers.length} layers are quantized by default`,
    ...modelWarnings(facts, main, run).map((warning) => `warning: ${warning}`),
  ];
  const rows = facts.layers.map(({ name, op, weightShape, parameters, float }) => [
    ...[name, op, weightShape.join('x'), ran?.layers.get(name)?.join('x') ?? null],
    ...[parameters, ran?.macs.get(name) ?? null, float ?? 'yes'],
  ]);
  const columns = ['layer', 'op', 'weight', 'output', 'parameters', 'macs', 'quantized'];
  const width = process.stdout.isTTY ? process.stdout.columns : null;
  const table = rows.length === 0 ? '' : `\n${formatRows({ columns, rows }, 'table', width)}`;
  return `${lines.map((line) => printableName(line, 400)).join('\n')}\n${table}`;
}

function layoutText(layout: 'channelsFirst' | 'channelsLast' | 'none'): string {
  return layout === 'none' ? 'no picture' : layout === 'channelsFirst' ? 'channels first' : 'channels last';
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toPrecision(3)} MB`;
}
