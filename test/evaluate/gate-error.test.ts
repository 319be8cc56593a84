import { expect, it } from 'vitest';
import { GateError } from '../../src/evaluate/gate-error.js';
import type { TrialSettings } from '../../src/plan/plan.js';

const smoothing = (mode: 'static' | 'dynamic', alpha: number | null): TrialSettings =>
  ({ smoothing: { mode, alpha, absmax: 'channel', apply: 'insert' } }) as TrialSettings;

it('the message of a failed gate has the error, the tolerance and the smoothing', () => {
  expect(new GateError(0.25, 1e-3, smoothing('static', 0.95)).message).toContain(
    "within 0.001 of the output's absmax, got 0.25 (smoothing static, alpha 0.95).",
  );
  expect(new GateError(NaN, 1e-3, smoothing('dynamic', null)).message).toContain('got NaN (smoothing dynamic).');
});
