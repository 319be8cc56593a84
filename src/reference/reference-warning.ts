/** What is wrong with the FP32 result that every trial is measured against. */
export type ReferenceWarningKind =
  | 'at-chance'
  | 'shifted-labels'
  | 'renumbered-labels'
  | 'constant-output'
  | 'constant-prediction'
  | 'no-detection'
  | 'one-sign'
  | 'scalar-output'
  | 'alike-outputs'
  | 'zero-outputs'
  | 'one-class'
  | 'few-samples'
  | 'below-majority';

/** One finding, in sentences for people. */
export interface ReferenceWarning {
  readonly kind: ReferenceWarningKind;
  /** True where no trial measured against this result can be called the best. */
  readonly voids: boolean;
  /** What was seen. Holds of the evaluated samples. */
  readonly message: string;
  /** Where to look first. */
  readonly cause: string;
}
