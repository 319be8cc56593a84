import { expect, it } from 'vitest';
import { GateError } from '../../src/equivalence/gate-error.js';
import type { TrialSettings } from '../../src/plan/plan.js';

const smoothing = (mode: 'static' | 'dynamic', alpha: number | null): TrialSettings =>
  ({ smoothing: { mode, alpha, absmax: 'channel', apply: 'insert' } }) as TrialSettings;

const by = (maxRelativeError: number, output: string | null = null) => ({ maxRelativeError, output });

it('the message of a failed gate has the error, the tolerance and the smoothing', () => {
  expect(new GateError(by(0.25), 1e-3, smoothing('static', 0.95)).message).toContain(
    "within 0.001 of the output's absmax, got 0.25 (smoothing static, alpha 0.95).",
  );
  expect(new GateError(by(0.25, 'boxes'), 1e-3, smoothing('static', 0.95)).message).toContain(
    'within 0.001 of output "boxes"\'s absmax, got 0.25',
  );
  const inner = {
    what: 'layer "a" alone',
    relativeError: 0.5,
    difference: 0.5,
    rounding: 1e-7,
    discontinuous: ['Round "r"', 'TopK "t"'],
  };
  expect(new GateError(by(0.25), 1e-3, smoothing('static', 0.95), inner).message).toContain(
    'The output depends on Round "r", TopK "t", whose results jump, so the model was also judged in front of them. ' +
      'It is not float32\'s rounding: layer "a" alone differs by 0.5 of its absmax, where float32 rounds by 1e-7',
  );
  expect(new GateError(by(NaN), 1e-3, smoothing('dynamic', null)).message).toContain('got NaN (smoothing dynamic).');
});
