import type { LayerPageFacts } from '../../facts/layer-page-facts.js';
import { outlierFrom } from '../../facts/layer-page-facts.js';
import { sqlText } from '../../query.js';

/** Another quantizer of the input is suggested where its expected error is below this of now. */
export const worthFrom = 0.7;

/** A part that causes at least this share of the layer's squared error dominates it. */
export const dominatesFrom = 0.6;

/** Error over the square of the output from which a layer may be told to stay in float. */
const floatFrom = 1e-3;

const paths = {
  scheme: ["'$.quantization.activation.scheme'", "'$.quantization.activation.narrowRange'"],
  calibrator: ["'$.quantization.activation.calibrator'", "'$.quantization.activation.percentile'"],
  alpha: ["'$.smoothing'", "'$.search'"],
  granularity: ["'$.quantization.weight.granularity'"],
  weightBits: ["'$.quantization.weight.bits'"],
  inputBits: ["'$.quantization.activation.bits'"],
};

/**
 * One row for each suggestion for the layer in the first shown trial: what is seen, what to try,
 * what it is expected to bring, and what an otherwise equal trial of the sweep measured.
 */
export function suggestionsSql({ sweep, layer, shown }: LayerPageFacts): string {
  const name = sqlText(sweep.sweep.name);
  const trial = shown[0]?.trial ?? -1;
  const own = `sweep = ${name} AND trial = ${trial}`;
  const equal = (kind: keyof typeof paths): string => {
    const removed = `'$.role', ${paths[kind].join(', ')}`;
    return `json_remove(t.settings, ${removed}) = json_remove(n.settings, ${removed})`;
  };
  return `WITH expected AS MATERIALIZED (SELECT * FROM expected_input_error(${trial}, ${sqlText(layer.name)})),
channel AS (
  SELECT *, count(*) OVER () AS channels, row_number() OVER (ORDER BY act_absmax_smoothed) AS place
  FROM v_channel WHERE ${own} AND position = ${layer.position}),
now AS MATERIALIZED (
  SELECT t.settings, t.alpha_mode, t.alpha, t.weight_granularity, i.bits, i.signed, w.bits AS weight_bits,
         (SELECT count(*) FROM channel) AS channels, (SELECT min(act_min) FROM channel) AS lowest, (SELECT max(act_max) FROM channel) AS highest,
         (SELECT count(*) FROM channel WHERE act_absmax_smoothed >= ${outlierFrom} * (
           SELECT avg(act_absmax_smoothed) FROM channel WHERE place IN ((channels + 1) / 2, channels / 2 + 1))) AS outliers,
         e.high, e.clipped, e.weight_amax, e.samples, d.weight_share, d.noise,
         (SELECT high FROM expected WHERE setting = 'quantization.activation.calibrator' AND percentile = 99.9) AS high_999,
         (SELECT group_concat(value || iif(percentile IS NULL, '', ' ' || percentile) || ' ' || round(ratio, 2), ', ') FROM expected
          WHERE setting = 'quantization.activation.calibrator') AS calibrators,
         -- Only of layers that lose much is it worth to treat one apart.
         coalesce(d.rank <= max(3, d.layers / 4), 0) AS is_worst
  FROM v_trial t
  JOIN v_amax i ON i.sweep = t.sweep AND i.trial = t.trial AND i.position = ${layer.position} AND i.role = 'input'
  JOIN v_amax w ON w.sweep = t.sweep AND w.trial = t.trial AND w.position = ${layer.position} AND w.role = 'weight'
  LEFT JOIN expected e ON e.setting IS NULL
  LEFT JOIN (
    SELECT position, weight_share, coalesce(isolated_noise, weight_noise + activation_noise) AS noise, count(*) OVER () AS layers,
           rank() OVER (ORDER BY coalesce(isolated_noise, weight_noise + activation_noise) DESC) AS rank
    FROM v_layer_damage WHERE ${own}) d ON d.position = ${layer.position}
  WHERE t.sweep = ${name} AND t.trial = ${trial}),
possible AS (
  SELECT n.*, o.kind, o.percentile, o.ratio, o.weight_range,
         CASE o.kind WHEN 'weightBits' THEN min(8, n.weight_bits + 2) ELSE o.value END AS value,
         -- Squared errors add up: each share grows with its own range or shrinks with its own step.
         CASE o.kind
           WHEN 'alpha' THEN n.weight_share * o.weight_range * o.weight_range + (1 - n.weight_share) * o.ratio
           WHEN 'inputBits' THEN n.weight_share + (1 - n.weight_share) * o.ratio
           WHEN 'weightBits' THEN 1 - n.weight_share + n.weight_share * power(4, n.weight_bits - min(8, n.weight_bits + 2))
           WHEN 'float' THEN 0 END AS total
  FROM now n JOIN (
    SELECT CASE setting WHEN 'smoothing.alpha' THEN 'alpha' WHEN 'quantization.activation.bits' THEN 'inputBits' ELSE replace(setting, 'quantization.activation.', '') END AS kind,
           value, percentile, ratio, weight_amax / nullif((SELECT weight_amax FROM expected WHERE setting IS NULL), 0) AS weight_range
    FROM expected WHERE setting IS NOT NULL
    UNION ALL VALUES ('granularity', 'channel', NULL, NULL, NULL), ('weightBits', NULL, NULL, NULL, NULL), ('float', 'float', NULL, NULL, NULL)) o),
suggested AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY kind ORDER BY total, ratio, percentile DESC, CAST(value AS REAL)) AS number FROM possible
  WHERE CASE kind
    WHEN 'scheme' THEN signed = 1 AND value = iif(lowest >= 0, 'auto', 'asymmetric') AND ratio < ${worthFrom}
    WHEN 'calibrator' THEN ratio < ${worthFrom}
    -- With both shares known the alpha of the smallest sum, else one that is 0.2 larger.
    WHEN 'alpha' THEN outliers > 0 AND alpha_mode IN ('none', 'static') AND CAST(value AS REAL) > coalesce(alpha, 0) AND coalesce(total, ratio) < ${worthFrom}
      AND (total IS NOT NULL OR abs(value - coalesce(min(0.95, alpha + 0.2), 0.5)) < 0.01)
    WHEN 'granularity' THEN weight_granularity = 'tensor' AND weight_share >= ${dominatesFrom} AND is_worst
    WHEN 'weightBits' THEN weight_bits < 8 AND weight_share >= ${dominatesFrom} AND is_worst
    WHEN 'inputBits' THEN bits < 8 AND CAST(value AS INTEGER) = min(8, bits + 2) AND weight_share <= 1 - ${dominatesFrom} AND is_worst
    WHEN 'float' THEN weight_bits >= 8 AND weight_share >= ${dominatesFrom} AND noise > ${floatFrom} AND is_worst END),
measured AS (
  -- The input's own loss where the input alone changes; else that of the layer alone, else that of the whole network.
  SELECT n.kind, t.trial, t.label, b.mode, b.mse / nullif(a.mse, 0) AS ratio,
         row_number() OVER (PARTITION BY n.kind ORDER BY (a.mode = 'activation') DESC, a.mode = 'accumulated', t.trial) AS number
  FROM suggested n
  JOIN v_trial t ON t.sweep = ${name} AND t.status = 'done' AND t.trial <> ${trial}
  JOIN v_layer_loss a ON a.sweep = ${name} AND a.trial = ${trial} AND a.position = ${layer.position}
  JOIN v_layer_loss b ON b.sweep = ${name} AND b.trial = t.trial AND b.position = a.position AND b.mode = a.mode
  WHERE n.number = 1 AND (a.mode IN ('isolated', 'accumulated') OR (a.mode = 'activation' AND n.kind IN ('scheme', 'calibrator'))) AND CASE n.kind
    WHEN 'scheme' THEN t.activation_scheme IN (n.value, iif(n.value = 'auto', 'unsigned', n.value)) AND ${equal('scheme')}
    WHEN 'calibrator' THEN t.activation_calibrator = n.value AND t.percentile IS n.percentile AND ${equal('calibrator')}
    WHEN 'alpha' THEN t.alpha_mode = 'static' AND abs(t.alpha - n.value) < 0.001 AND t.absmax = 'channel' AND ${equal('alpha')}
    WHEN 'granularity' THEN t.weight_granularity = n.value AND ${equal('granularity')}
    WHEN 'weightBits' THEN t.weight_bits = n.value AND ${equal('weightBits')}
    WHEN 'inputBits' THEN t.activation_bits = CAST(n.value AS INTEGER) AND ${equal('inputBits')} END)
SELECT n.kind, n.value, n.percentile, n.ratio AS input_ratio, n.total AS layer_ratio, m.trial, m.label AS measured_label, m.mode AS measured_mode,
       m.ratio AS measured_ratio, n.lowest, n.highest, n.high, n.high_999, n.clipped, n.channels, n.outliers, n.bits, n.weight_bits, n.weight_share,
       n.weight_range, n.calibrators, n.samples
FROM suggested n LEFT JOIN measured m ON m.kind = n.kind AND m.number = 1
WHERE n.number = 1
ORDER BY coalesce(m.ratio, n.total, n.ratio, 1), n.kind`;
}
