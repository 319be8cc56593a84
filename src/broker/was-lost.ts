/**
 * True of a job whose agent was lost: BullMQ gives it to whoever takes it next, only to be told
 * that it has failed.
 */
export function wasLost({ deferredFailure }: { readonly deferredFailure?: string }): boolean {
  return deferredFailure !== undefined;
}
