import type { Blame } from '../facts/blamed-operators.js';
import type { LatencyCondition, LatencyFacts } from '../facts/latency-facts.js';
import { significantText } from '../number-text.js';
import { latencyPhrase } from './deployed-phrase.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';

/** That a trial is not faster than FP32, and what is to blame as far as it was measured. */
export function blameSentence(
  latency: LatencyFacts,
  { slowest, float }: Blame,
  conditions: readonly LatencyCondition[],
): Sentence {
  const named = slowest.map(
    ({ op, kind, operators, milliseconds }) =>
      `${op} (${operators} in ${kind === 'float' ? 'float' : 'conversions'}, ${significantText(milliseconds, 3)} ms)`,
  );
  return sentence(
    strong('Not faster than FP32'),
    `: ${latencyPhrase(latency, conditions)}.`,
    named.length === 0
      ? ' No profile tells which operators are to blame.'
      : ` Outside integer kernels most time is in ${named.join(', ')}.`,
    float.length === 0 ? '' : ` The runtime left in float: ${float.join(', ')}.`,
  );
}
