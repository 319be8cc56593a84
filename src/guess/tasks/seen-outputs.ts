import type { DataFacts } from '../data-facts.js';
import type { MainInput } from '../main-input.js';
import type { ModelFacts, RunFacts } from '../model-facts.js';
import type { Seen } from './task-guess.js';

/** What recognisers look at: outputs as they ran, or else as the file states them. */
export function seenOf(facts: ModelFacts, main: MainInput, run: RunFacts | null, data: DataFacts | null): Seen {
  return {
    ...{ facts, main, data },
    outputs: facts.outputs
      .filter(({ type }) => type !== 'no tensor' && type !== 'string')
      .map(({ name, type, maker, shape }) => ({
        ...{ name, maker, isInteger: /int|bool/.test(type) },
        dims:
          run?.outputs.get(name) ?? shape?.slice(1).map((length) => (typeof length === 'number' ? length : null)) ?? [],
      })),
  };
}
