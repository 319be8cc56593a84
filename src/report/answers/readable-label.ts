import { axisName } from '../facts/axes.js';
import { countText } from '../number-text.js';

/**
 * A trial's label in words: `static alpha=0.5, weight.bits=4` as `static alpha 0.5, weight bits 4`.
 * What names no axis stays as it is.
 *
 * @param paths of the axes that vary
 */
export function readableLabel(label: string, paths: readonly string[]): string {
  return label
    .split(', ')
    .map((part) => inWords(part, paths))
    .join(', ');
}

function inWords(part: string, paths: readonly string[]): string {
  const [, name, value] = /^([^=]+)=(.*)$/.exec(part) ?? [];
  if (name === undefined || value === undefined) return part;
  if (name === 'static alpha') return `${name} ${value}`;
  const path = paths.find((one) => one === name || one.endsWith(`.${name}`));
  if (path === undefined) return part;
  if (path === 'layers.keepFloat' && /^\d+$/.test(value))
    return countText(Number(value), 'layer in float', 'layers in float');
  if (path === 'layers.keepFloat' && value === 'slower') return 'layers in float that integers slow down';
  return `${axisName(path)} ${value}`;
}
