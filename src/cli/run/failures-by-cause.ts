/** A trial that failed, as lists of failures name it. */
export interface NamedFailure {
  readonly label: string;
  readonly errorClass: string;
  readonly message: string;
}

/** One line for each cause with the trials that it hit: a failed stage fails many trials alike. */
export function failuresByCause(failed: readonly NamedFailure[]): readonly string[] {
  const labels = new Map<string, string[]>();
  for (const { label, errorClass, message } of failed) {
    const cause = `${errorClass}: ${message}`;
    labels.set(cause, [...(labels.get(cause) ?? []), label]);
  }
  return [...labels].map(([cause, trials]) => {
    const named = trials.slice(0, 3).join('; ');
    return `  ${named}${trials.length > 3 ? ` and ${trials.length - 3} more` : ''}: ${cause}`;
  });
}
