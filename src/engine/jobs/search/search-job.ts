import type { SearchSettings } from '../../../experiment/sections/settings.js';
import type { MomentsRecord } from '../../../records/moments-record.js';
import type { SearchPoint, SearchRecord } from '../../../records/search-record.js';
import type { JobFacts } from '../job-facts.js';
import { quantizedFacts, type QuantizedJob } from '../quantized-job.js';

/** Losses of every layer at some of a search's candidates (order isolated), or a whole search. */
export interface SearchJob extends QuantizedJob {
  readonly kind: 'search';
  readonly search: SearchSettings;
  /** Of as many samples as `momentsOfSearch` says; null: its objective needs none. */
  readonly moments: MomentsRecord | null;
  readonly candidates: readonly number[];
}

/**
 * Losses of some candidates, to be chosen from when all parts are there, or a search that made its
 * choices itself.
 */
export type SearchResult =
  | { readonly kind: 'losses'; readonly points: readonly SearchPoint[] }
  | { readonly kind: 'choice'; readonly search: SearchRecord };

export const searchFacts: JobFacts<SearchJob> = quantizedFacts;
