/**
 * What a page that follows a database needs to know to say how current it is and whether to fetch
 * itself anew.
 */
export interface LiveState {
  /** Of the pages that are made now. */
  readonly revision: string;
  /** The server's clock, milliseconds since 1970. */
  readonly now: number;
  /** `17 of 43 trials` by folder of the sweep; the whole report under an empty name. */
  readonly progress: Readonly<Record<string, string>>;
  /** Why the database can't be read now; null while it can. Pages then keep what they show. */
  readonly trouble: string | null;
}
