import { countText } from '../number-text.js';

/** How much of what a sweep has finished is of one numerics class. */
export interface ClassShare {
  /** Null: not known. */
  readonly numericsClass: string | null;
  readonly trials: number;
  readonly stages: number;
}

/**
 * What is said of a sweep whose finished work is of several numerics classes; null where it is of
 * one.
 */
export function mixedClasses(
  shares: readonly ClassShare[],
): { readonly message: string; readonly cause: string } | null {
  if (shares.filter(({ numericsClass }) => numericsClass !== null).length < 2) return null;
  return {
    message: `This sweep is not comparable bit for bit: its numbers are of several numerics classes, ${shares.map(shareText).join(', ')}.`,
    cause: 'Differences in the last bits between trials may come from the machines, not from the settings.',
  };
}

/** e.g. `12 trials and 1 stage of cpu-3f9a2c1b6d04` */
function shareText({ numericsClass, trials, stages }: ClassShare): string {
  const counts = [trials > 0 ? countText(trials, 'trial') : '', stages > 0 ? countText(stages, 'stage') : ''];
  return `${counts.filter((count) => count !== '').join(' and ')} of ${numericsClass ?? 'a class that is not known'}`;
}
