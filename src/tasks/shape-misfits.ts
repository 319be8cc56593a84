import type { Misfit, OutputShape } from './output-shape.js';
import type { FitContext } from './task.js';

/** The misfit of a task that scores one output. */
export function ofFirstShape(
  misfit: (dims: OutputShape['dims'], context: FitContext) => Misfit | null,
): (task: unknown, outputs: readonly OutputShape[], context: FitContext) => Misfit | null {
  return (_, [output], context) => misfit(output!.dims, context);
}

/** The misfit of a task that each output has to fit: the first that does not. */
export function ofEachShape(
  misfit: (dims: OutputShape['dims'], context: FitContext) => Misfit | null,
): (task: unknown, outputs: readonly OutputShape[], context: FitContext) => Misfit | null {
  return (_, outputs, context) => {
    for (const output of outputs) {
      const problem = misfit(output.dims, context);
      if (problem !== null) return { ...problem, output };
    }
    return null;
  };
}
