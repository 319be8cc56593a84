import { QuantsweepError } from '../errors/quantsweep-error.js';
import type { CanonicalSmoothing } from '../smooth/smoothing-settings.js';
import { ROUNDING_MARGIN, type Judgement } from './gate-judgement.js';

/** Operators that a message names. */
const LISTED = 3;

/** Smoothing changed the float model: the trial's numbers would mean nothing, so it fails. */
export class GateError extends QuantsweepError {
  static override readonly errorClass = 'GateError';

  /**
   * @param found largest relative error of an output; `output` null: the only one
   * @param inner what was found inside, where the output alone does not tell
   */
  constructor(
    { maxRelativeError, output }: { readonly maxRelativeError: number; readonly output: string | null },
    tolerance: number,
    { smoothing }: { readonly smoothing: Pick<CanonicalSmoothing, 'mode' | 'alpha'> },
    inner: (Judgement & { readonly discontinuous: readonly string[] }) | null = null,
    options: ErrorOptions = {},
  ) {
    super(
      `Expected the smoothed float model to reproduce FP32 within ${tolerance} of ${output === null ? "the output's" : `output "${output}"'s`} absmax, got ${maxRelativeError} ` +
        `(smoothing ${smoothing.mode}${smoothing.alpha === null ? '' : `, alpha ${smoothing.alpha}`}). ` +
        (inner === null ? '' : causeOf(inner)) +
        'Raise gate.tolerance only if the model is known to be this sensitive to float rounding.',
      options,
    );
  }
}

function causeOf({
  what,
  difference,
  rounding,
  discontinuous,
}: NonNullable<ConstructorParameters<typeof GateError>[3]>) {
  const [first, ...more] = discontinuous;
  const others = more.length > LISTED ? [...more.slice(0, LISTED), `${more.length - LISTED} more`] : more;
  const jumps =
    first === undefined
      ? ''
      : `The output depends on ${[first, ...others].join(', ')}, whose results jump, so the model was also judged in front of them. `;
  return (
    `${jumps}It is not float32's rounding: ${what} differs by ${difference} of its absmax, where float32 rounds by ` +
    `${rounding} (${ROUNDING_MARGIN} times that would pass). `
  );
}
