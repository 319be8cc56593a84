/** The experiment file itself can't be read. */
export class ExperimentFileError extends Error {
  override readonly name = 'ExperimentFileError';
}
