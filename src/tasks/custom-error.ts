/** Code of the user's own (a metric's module or command) failed or broke its contract. Never worth a retry. */
export class CustomCodeError extends Error {
  override readonly name = 'CustomCodeError';
}
