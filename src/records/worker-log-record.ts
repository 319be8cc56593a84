/** The last lines that a worker process wrote. */
export interface WorkerLogRecord {
  /** Its slot, e.g. `cpu:0`. */
  readonly place: string;
  /** Lines without control characters; empty: it wrote nothing. */
  readonly text: string;
}
