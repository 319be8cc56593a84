import { cutMiddle } from '../cut-middle.js';
import type { EvaluatedSet, KeptFloat, TimedSet } from '../facts/kept-float.js';
import { countText, metricText, ratioText, valueText } from '../number-text.js';

/** Layers that a sentence names. */
const mostNamed = 8;

/** What `layers.keepFloat: auto` or `slower` found for a trial. */
export function keptFloatText(kept: KeptFloat): string {
  return kept.by === 'accuracy' ? evaluatedText(kept) : timedText(kept);
}

/**
 * `Keep these 3 of 63 quantizable layers in float: a, b, c. mAP is then 0.7004, 0.0021 below FP32;
 * a loss of 0.003 is allowed.`
 */
function evaluatedText({ layers, of, metric, value, loss, allowed }: EvaluatedSet): string {
  const written = metricText(metric);
  const which =
    layers.length === 0
      ? `None of ${countText(of ?? 0, 'layer')} must stay in float.`
      : `Keep ${layers.length === 1 ? 'this one' : `these ${layers.length}`} of ${of ?? 0} quantizable layers in float: ${named(layers)}.`;
  const distance = loss > 0 ? `${short(loss)} below FP32` : loss < 0 ? `${short(-loss)} above FP32` : "which is FP32's";
  const then = layers.length === 0 ? 'is' : 'is then';
  return `${which} ${written.name} ${then} ${valueText(value, written)}, ${distance}; a loss of ${short(allowed)} is allowed.`;
}

/**
 * `2 of 53 layers are left in float, as that is faster: a, b. A run takes 0.90 (95 % interval
 * 0.88-0.92) of the time with every layer quantized: 0.62 of FP32's instead of 0.69. Batch 1,
 * 1 thread; 12 sets of layers were timed.`
 */
function timedText({ layers, of, value, allValue, againstAll, tries, batchSize, threads }: TimedSet): string {
  const conditions = `Batch ${batchSize}, ${countText(threads, 'thread')}; ${countText(tries, 'set')} of layers ${tries === 1 ? 'was' : 'were'} timed.`;
  if (againstAll === null) {
    return `Nothing is left in float: of what was tried nothing is distinguishably faster than every layer quantized, at ${ratioText(allValue)} of FP32's time. ${conditions}`;
  }
  const count = `${layers.length}${of === null ? '' : ` of ${of}`} layer${(of ?? layers.length) === 1 ? '' : 's'}`;
  const { ratio, low, high } = againstAll;
  return `${count} ${layers.length === 1 ? 'is' : 'are'} left in float, as that is faster: ${named(layers)}. A run takes ${ratioText(ratio)} (95 % interval ${ratioText(low)}–${ratioText(high)}) of the time with every layer quantized: ${ratioText(value)} of FP32's instead of ${ratioText(allValue)}. ${conditions}`;
}

function named(layers: readonly string[]): string {
  const names = layers.slice(0, mostNamed).map((layer) => cutMiddle(layer, 60));
  return `${names.join(', ')}${layers.length > mostNamed ? ` and ${layers.length - mostNamed} more` : ''}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(2)));
}
