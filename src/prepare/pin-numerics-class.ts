import { InputError } from '../errors/input-error.js';
import { JobError, type Executor } from '../engine/executor.js';
import type { StoredClass } from '../store/store.js';

/** What of a sweep is finished, and what would do the rest. */
export interface PinRequest {
  readonly sweep: string;
  /** For people: where the finished work is. */
  readonly database: string;
  /** Classes of what is finished, see `SweepReader.numericsClasses`. */
  readonly stored: readonly StoredClass[];
  readonly executor: Pick<Executor, 'numericsClass'>;
  /** Go on whatever the classes are. */
  readonly mixClasses: boolean;
  readonly signal?: AbortSignal;
}

/** The class of the machines that a run works on. */
export interface PinnedClass {
  /** Null where it could not be found out. */
  readonly numericsClass: string | null;
  /** For people: what is not known of classes. */
  readonly notes: readonly string[];
}

/** Work that is of a known class. */
type KnownClass = StoredClass & { readonly numericsClass: string };

/** A child that is lost at it once may only have been unlucky. */
const TRIES = 2;

/**
 * Holds a sweep to the numerics class of what is finished of it: equal settings have equal numbers,
 * bit for bit, only as long as one class of machine computes them.
 *
 * @throws InputError where that is another class than the executor's, unless they may be mixed
 * @throws JobInterrupted when the signal is aborted
 */
export async function pinNumericsClass(request: PinRequest): Promise<PinnedClass> {
  const { stored, mixClasses } = request;
  const known = stored.filter((work): work is KnownClass => work.numericsClass !== null);
  const wanted = known.length === 1 && !mixClasses ? known[0]!.numericsClass : null;
  const found = await findClass(request, wanted);
  if ('obstacle' in found) {
    return { numericsClass: null, notes: [`The numerics class of this machine is not known: ${found.obstacle}`] };
  }
  const { numericsClass } = found;
  if (!mixClasses && known.some((work) => work.numericsClass !== numericsClass)) {
    throw new InputError(refusal(request, known, numericsClass));
  }
  const unknown = stored.find((work) => work.numericsClass === null);
  return { numericsClass, notes: unknown === undefined ? [] : [unknownNote(unknown, numericsClass)] };
}

/** Whatever keeps the class from being found keeps work from being done, and is told of there. */
async function findClass(
  { executor, signal }: PinRequest,
  wanted: string | null,
): Promise<{ readonly numericsClass: string } | { readonly obstacle: string }> {
  for (let tried = 1; ; tried++) {
    try {
      return { numericsClass: await executor.numericsClass(wanted, signal) };
    } catch (cause) {
      if (!(cause instanceof JobError)) throw cause;
      if (!cause.failure.retry || tried === TRIES) return { obstacle: cause.failure.message };
    }
  }
}

function refusal({ sweep, database }: PinRequest, known: readonly KnownClass[], numericsClass: string): string {
  const [only, ...others] = known;
  const are = known.map((work) => `${amount(work)} of numerics class ${work.numericsClass}`).join(', ');
  const elsewhere = others.length === 0 ? `Run it on a machine of class ${only!.numericsClass}, give` : 'Give';
  return (
    `${sweep}: expected to go on in the numerics class of what is finished, got a machine of class ${numericsClass}, whose numbers differ in their last bits. ` +
    `${database} has ${are}. ` +
    `${elsewhere} another database (--db), or mix the classes with --mix-classes: the sweep is then marked as not comparable bit for bit.`
  );
}

function unknownNote(unknown: StoredClass, numericsClass: string): string {
  return `Note: an earlier version of quantsweep finished ${amount(unknown)} of this sweep, whose numerics class is not known. If another machine did, its numbers may differ from those of class ${numericsClass} in their last bits.`;
}

/** e.g. `12 trials and 1 stage` */
function amount({ trials, stages }: StoredClass): string {
  const counts = [
    [trials, 'trial'],
    [stages, 'stage'],
  ] as const;
  return counts
    .filter(([count]) => count > 0)
    .map(([count, noun]) => `${count} ${noun}${count === 1 ? '' : 's'}`)
    .join(' and ');
}
