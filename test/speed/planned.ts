import type { PlannedTrial } from '../../src/plan/plan.js';

/** What decides whether the speed of a trial is measured. */
export interface TrialForm {
  readonly role?: PlannedTrial['settings']['role'];
  readonly target?: PlannedTrial['settings']['target'];
  readonly mode?: 'none' | 'static';
  readonly apply?: PlannedTrial['settings']['smoothing']['apply'];
  /** Of its reference stage: another one is another model or evaluation. */
  readonly reference?: string;
  readonly path?: string;
}

/** Planned trials, as far as what is measured depends on them; keys `t0`, `t1`, ... */
export function plannedTrials(forms: readonly TrialForm[]): readonly PlannedTrial[] {
  return forms.map(
    ({ role = 'candidate', target, mode = 'static', apply = 'insert', reference = 'r', path = 'm.onnx' }, position) =>
      ({
        key: `t${position}`,
        label: `trial ${position}`,
        position,
        referenceKey: reference,
        settings: {
          role,
          model: { path, input: null, output: null },
          ...(target === undefined ? {} : { target }),
          quantization: role === 'fp32' ? null : { execution: 'integer' },
          smoothing: { mode, apply: mode === 'none' ? null : apply },
        },
      }) as PlannedTrial,
  );
}
