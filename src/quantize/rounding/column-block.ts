/**
 * Columns that are worked on one by one before a matrix product brings their results to those that
 * follow; a multiple of 4.
 */
export const COLUMN_BLOCK = 64;
