import { nearestAdvice } from './looks-like.js';
import type { Misfit, OutputShape } from '../../output-shape.js';

/** What an output is for a head. */
export interface OutputRole {
  /** As the setting is called: `boxes`. */
  readonly role: string;
  /** As messages say it: `of shape [N, 4 + classes, boxes]`. */
  readonly expected: string;
  fits(dims: OutputShape['dims']): boolean;
}

/**
 * The place of the output that a setting names, or else of the only one of a fitting shape; of
 * several, the one that is called as its role.
 *
 * @param outputs shapes of one sample each
 */
export function findOutput(outputs: readonly OutputShape[], name: string | null, role: OutputRole): number | Misfit {
  const setting = `task.head.${role.role}`;
  if (name !== null) {
    const index = outputs.findIndex((each) => each.name === name);
    if (index < 0) {
      return misfitOf(
        outputs[0]!,
        role,
        `, and no evaluated output is called "${name}"`,
        `${setting} names an output: ${listOutputs(outputs)}.`,
      );
    }
    const found = outputs[index]!;
    if (role.fits(found.dims)) return index;
    return misfitOf(found, role, '', nearestAdvice(found.dims));
  }
  const fitting = outputs.flatMap(({ dims }, index) => (role.fits(dims) ? [index] : []));
  if (fitting.length === 1) return fitting[0]!;
  if (fitting.length === 0) {
    const all = outputs.length === 1 ? '' : ` No other fits: ${listOutputs(outputs)}.`;
    return misfitOf(outputs[0]!, role, '', `${nearestAdvice(outputs[0]!.dims)}${all}`);
  }
  const called = fitting.filter((index) => outputs[index]!.name.toLowerCase() === role.role);
  if (called.length === 1) return called[0]!;
  const names = fitting.map((index) => outputs[index]!);
  return misfitOf(names[0]!, role, ', as others are too', `Say which one it is by ${setting}: ${listOutputs(names)}.`);
}

/** Names and shapes, for messages. */
export function listOutputs(outputs: readonly OutputShape[]): string {
  return outputs
    .map(({ name, dims }) => `"${name}" [N, ${dims.map((length) => length ?? 'any').join(', ')}]`)
    .join(', ');
}

function misfitOf(output: OutputShape, { role, expected }: OutputRole, what: string, advice: string): Misfit {
  // Messages show the shape with its batch axis.
  const shown = { name: output.name, dims: [null, ...output.dims] };
  return { expected: `${expected} (task.head.${role})`, what, advice, output: shown };
}

/** Whether a length may be `wanted`. */
export function mayBe(length: number | null | undefined, wanted: number): boolean {
  return length === null || length === wanted;
}
