import type { Connection } from '../file/connection.js';

/**
 * Stores what views would otherwise take from all rows of a trial each time: the means of its
 * losses by mode, and how much of its model, and which layers, it quantizes. To be called once, in
 * the transaction that finishes the trial, when its other rows are written and its model is. The
 * numbers are those that migrations give the trials that were there before.
 */
export function summarizeTrial(connection: Connection, trial: number): void {
  connection.run(
    `INSERT INTO trial_loss (trial_id, mode, l1, rel_l1, mse, sqnr_db, cosine, max_abs)
     SELECT trial_id, mode, avg(l1), avg(rel_l1), avg(mse), avg(sqnr_db), avg(cosine), avg(max_abs)
     FROM layer_loss WHERE trial_id = ? GROUP BY mode`,
    trial,
  );
  // The size of a weight is the product of its shape; SQLite has no product of rows.
  connection.run(
    `WITH size AS MATERIALIZED (
       SELECT l.id, coalesce((SELECT round(exp(sum(ln(j.value)))) FROM json_each(l.weight_shape) j), 0) AS weights
       FROM trial t JOIN layer l ON l.model_id = t.model_id WHERE t.id = ?
     )
     INSERT INTO trial_coverage (trial_id, layers, quantized_layers, float_weight_share, quantized)
     SELECT ?, count(*), (SELECT count(*) FROM quantizer q WHERE q.trial_id = ? AND q.role = 'input'),
            1 - (SELECT sum(z.weights) FROM quantizer q JOIN size z ON z.id = q.layer_id WHERE q.trial_id = ? AND q.role = 'weight')
              / nullif(sum(weights), 0),
            (SELECT json_group_array(position) FROM (
               SELECT l.position FROM quantizer q JOIN layer l ON l.id = q.layer_id WHERE q.trial_id = ? AND q.role = 'input' ORDER BY l.position))
     FROM size`,
    ...[trial, trial, trial, trial, trial],
  );
}
