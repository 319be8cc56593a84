/**
 * How much a figure of the sweep page draws before it leaves something out and says so. Sweeps of
 * some dozens of trials stay below every limit. Measured on 5,069 trials of 50 layers
 * (bench/README.md): with these limits the page stays below 3 MB and a browser draws it in about
 * two seconds.
 */
export const drawnLimits = {
  /**
   * Combinations of other settings with a panel each: as many as a reader compares without losing
   * the place.
   */
  variants: 6,
  /** Panels of absmax methods: two combinations at two calibration sizes. */
  methodPanels: 4,
  /** Heatmaps of one figure, whatever their size. */
  heatPanels: 8,
  /**
   * Cells of all heatmaps of one figure, each an element of the page: three times two panels of 21
   * trials x 50 layers.
   */
  heatCells: 6500,
  /** Rows behind them, where a control chooses among several loss modes; about 90 bytes each. */
  heatRows: 8500,
  /**
   * Search curves with a panel each. Of large models fewer, so that `heatCells` holds, but never
   * fewer than two.
   */
  searches: 4,
  /** Dots of all layers in one figure, over all choices of its controls; 70 bytes each. */
  layerDots: 4000,
  /**
   * Trials that the table shows at once; the page holds all of them, some 80 bytes each. As many
   * stand in the page without JavaScript.
   */
  tablePage: 100,
  /** Values of a column up to which a reader chooses one to filter by. */
  tableChoices: 60,
  /** Points of a scatter plot before it is thinned out to half as many; more overlap anyway. */
  scatterPoints: 1000,
  /** Lines through the values of settings; of more, the best so many and evenly spread others. */
  lines: 400,
  linesBest: 100,
  /** Groups of alike trials whose spread is told. */
  noiseGroups: 4,
  /** Seeded groups up to which all rows are on the page. */
  noiseGroupsHeld: 20,
  /**
   * Rows of tables that a reader scans rather than searches: integer execution, failed attempts.
   */
  tableRows: 100,
  /** Trials that charts of a comparison draw: as many as colours and shapes tell apart. */
  groupTrials: 12,
  /** Settings that a caption spells out. */
  captionSettings: 12,
} as const;
