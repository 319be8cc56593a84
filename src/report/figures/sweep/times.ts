import type { TopLevelSpec } from 'vega-lite';
import type { Figure } from '../figure.js';
import { countText, durationText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../../query.js';
import { color } from '../../charts/theme.js';

/**
 * Where the time went: work by kind, what of it was found finished, and what it would have taken
 * without sharing. Found finished is work that is done and whose every attempt began before the
 * sweep did. The estimate gives each trial a stage of its own: of an observe pass its share of the
 * batches, of a reference the mean one. Reads the table trial: no view tells which stages a trial
 * uses.
 */
export const times: Figure = {
  id: 'times',
  section: 'provenance',
  name: 'times',
  title: () => 'Where the time went',
  sql: ({ sweep }) => {
    const name = sqlText(sweep.name);
    const mine = `SELECT coalesce(trial, -stage) FROM v_attempt WHERE attempt >= (SELECT first_attempt FROM v_sweep WHERE sweep = ${name})`;
    const tried = 'SELECT coalesce(trial, -stage) FROM v_attempt';
    return `WITH pieces AS (
  SELECT kind AS work, -stage AS id, status, duration_ms FROM v_stage WHERE sweep = ${name}
  UNION ALL
  SELECT 'trial', trial, status, duration_ms FROM v_trial WHERE sweep = ${name}),
judged AS (SELECT *, status = 'done' AND id IN (${tried}) AND id NOT IN (${mine}) AS found FROM pieces),
uses AS (SELECT t.observation_id, t.moments_stage_id, t.search_stage_id, t.rank_stage_id FROM trial t JOIN v_trial v ON v.trial = t.id WHERE v.sweep = ${name} AND v.status = 'done'),
alone AS (
  SELECT 'observe' AS work, sum(s.duration_ms * o.batches / (SELECT max(batches) FROM observation WHERE stage_id = s.id)) AS ms
  FROM uses JOIN observation o ON o.id = uses.observation_id JOIN stage s ON s.id = o.stage_id
  UNION ALL SELECT 'moments', sum(s.duration_ms) FROM uses JOIN stage s ON s.id = uses.moments_stage_id
  UNION ALL SELECT 'search', sum(s.duration_ms) FROM uses JOIN stage s ON s.id = uses.search_stage_id
  UNION ALL SELECT 'rank', sum(s.duration_ms) FROM uses JOIN stage s ON s.id = uses.rank_stage_id
  UNION ALL SELECT 'reference', (SELECT count(*) FROM uses) * (SELECT avg(duration_ms) FROM pieces WHERE work = 'reference')
  UNION ALL SELECT 'trial', sum(duration_ms) FROM pieces WHERE work = 'trial')
SELECT work, count(*) AS pieces, sum(status = 'done') AS done, sum(found) AS found,
       coalesce(sum(duration_ms) FILTER (WHERE NOT found), 0) AS spent_ms, coalesce(sum(duration_ms) FILTER (WHERE found), 0) AS found_ms,
       (SELECT ms FROM alone WHERE alone.work = judged.work) AS alone_ms
FROM judged GROUP BY work ORDER BY work = 'trial', work`;
  },
  build: (rows) => {
    if (rows.every((row) => numberOf(row, 'spent_ms') + numberOf(row, 'found_ms') === 0)) {
      return { kind: 'absent', note: 'No work has finished yet.', brief: 'no work has finished' };
    }
    const caption = captionText(rows);
    return {
      kind: 'charts',
      controls: [],
      caption,
      details: detailsText(rows),
      panels: [{ title: '', alt: `Bars of time by kind of work. ${caption}`, spec: chart(rows) }],
    };
  },
};

function total(rows: readonly Row[], field: string): number {
  return rows.reduce((sum, row) => sum + (numberOrNull(row, field) ?? 0), 0);
}

function captionText(rows: readonly Row[]): string {
  const found = rows.filter((row) => numberOf(row, 'found') > 0);
  const names = found.map((row) => {
    const count = numberOf(row, 'found');
    return row['work'] === 'trial' ? countText(count, 'trial') : countText(count, `${textOf(row, 'work')} stage`);
  });
  const hits =
    names.length === 0
      ? 'Nothing was cached: this sweep did all of its work.'
      : `Cached in the database: ${names.join(', ')}, which took ${durationText(total(rows, 'found_ms'))} when they ran.`;
  return `This sweep worked ${durationText(total(rows, 'spent_ms'))}, summed over parallel work. ${hits}`;
}

function detailsText(rows: readonly Row[]): string {
  const taken = total(rows, 'spent_ms') + total(rows, 'found_ms');
  const alone = total(rows, 'alone_ms');
  const estimate =
    alone > taken
      ? ` Without stage sharing (each trial calibrating, searching, ranking and running FP32 itself): about ${durationText(alone)} (an estimate, ticks); with it: ${durationText(taken)}.`
      : '';
  return `Time of all attempts by kind of work; what another sweep of the database had finished is found, not done again.${estimate}`;
}

/** The unit in which the largest of the durations reads well, with its milliseconds. */
function unitOf(rows: readonly Row[]): readonly [string, number] {
  const most = Math.max(
    ...rows.map((row) =>
      Math.max(numberOf(row, 'spent_ms') + numberOf(row, 'found_ms'), numberOrNull(row, 'alone_ms') ?? 0),
    ),
  );
  return most < 180_000 ? ['s', 1000] : most < 10_800_000 ? ['min', 60_000] : ['h', 3_600_000];
}

function chart(rows: readonly Row[]): TopLevelSpec {
  const [unit, milliseconds] = unitOf(rows);
  const kinds = ['done in this sweep', 'found finished'];
  const x = {
    field: 'time',
    type: 'quantitative' as const,
    title: `time (${unit}), less is cheaper`,
    axis: { tickCount: 6 },
  };
  const y = {
    field: 'work',
    type: 'nominal' as const,
    title: null,
    sort: rows.map((row) => textOf(row, 'work')),
    axis: { ticks: false, domain: false },
  };
  const inUnit = (field: string, name: string): { calculate: string; as: string } => ({
    calculate: `datum.${field} / ${milliseconds}`,
    as: name,
  });
  const tooltip = [
    { field: 'work', title: 'work' },
    { field: 'pieces', title: 'pieces' },
    { field: 'done', title: 'done' },
    { field: 'found', title: 'found finished' },
    { field: 'spent', title: `spent here (${unit})`, format: '.3~r' },
    { field: 'spared', title: `when cached (${unit})`, format: '.3~r' },
    { field: 'alone', title: `unshared, about (${unit})`, format: '.3~r' },
  ];
  return {
    description: 'Time by kind of work',
    data: { name: 'rows' },
    width: 'container',
    height: 30 * rows.length,
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    transform: [inUnit('spent_ms', 'spent'), inUnit('found_ms', 'spared'), inUnit('alone_ms', 'alone')],
    layer: [
      {
        transform: [
          { fold: ['spent', 'spared'], as: ['which', 'time'] },
          { calculate: `datum.which == 'spent' ? '${kinds[0]}' : '${kinds[1]}'`, as: 'kind' },
          { calculate: "datum.which == 'spent' ? 0 : 1", as: 'later' },
        ],
        mark: { type: 'bar', height: { band: 0.6 } },
        encoding: {
          x,
          y,
          order: { field: 'later', type: 'quantitative' },
          color: {
            field: 'kind',
            type: 'nominal',
            title: null,
            scale: { domain: kinds, range: [color('spent'), color('spared')] },
          },
          tooltip,
        },
      },
      // Where no trial has used a stage yet there is no estimate, and an axis over no number.
      ...(total(rows, 'alone_ms') > 0
        ? [
            {
              transform: [{ filter: 'datum.alone > 0' }],
              mark: { type: 'tick' as const, thickness: 2.5, size: 22, color: color('text') },
              encoding: { x: { ...x, field: 'alone' }, y, tooltip },
            },
          ]
        : []),
    ],
  };
}
