import { cutMiddle } from '../cut-middle.js';
import type { KeptFloat } from '../facts/kept-float.js';
import { countText, metricText, valueText } from '../number-text.js';

/** Layers that a sentence names. */
const mostNamed = 8;

/**
 * What `layers.keepFloat: auto` found for a trial, as
 * `Keep these 3 of 63 quantizable layers in float: a, b, c. mAP is then 0.7004, 0.0021 below FP32;
 * a loss of 0.003 is allowed.`
 */
export function keptFloatText({ layers, of, metric, value, loss, allowed }: KeptFloat): string {
  const written = metricText(metric);
  const named = layers.slice(0, mostNamed).map((layer) => cutMiddle(layer, 60));
  const more = layers.length > mostNamed ? ` and ${layers.length - mostNamed} more` : '';
  const which =
    layers.length === 0
      ? `None of ${countText(of, 'layer')} must stay in float.`
      : `Keep ${layers.length === 1 ? 'this one' : `these ${layers.length}`} of ${of} quantizable layers in float: ${named.join(', ')}${more}.`;
  const distance = loss > 0 ? `${short(loss)} below FP32` : loss < 0 ? `${short(-loss)} above FP32` : "which is FP32's";
  const then = layers.length === 0 ? 'is' : 'is then';
  return `${which} ${written.name} ${then} ${valueText(value, written)}, ${distance}; a loss of ${short(allowed)} is allowed.`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(2)));
}
