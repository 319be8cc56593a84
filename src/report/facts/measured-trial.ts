/** What the readers of measured facts need of a trial. */
export interface MeasuredTrial {
  readonly trial: number;
  readonly role: string;
  readonly status: string;
  readonly settings: unknown;
  /** Order of merit in the sweep; null where it has none. */
  readonly place: number | null;
  readonly model: string | null;
}
