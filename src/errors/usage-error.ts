/** The command line was used wrongly (exit code 2); the message says what was expected and what came. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
