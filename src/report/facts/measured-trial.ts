/** What the readers of measured facts need of a trial. */
export interface MeasuredTrial {
  readonly trial: number;
  readonly role: string;
  readonly status: string;
  readonly settings: unknown;
}
