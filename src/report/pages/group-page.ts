import { answerGroup } from '../answers/group-answer.js';
import type { ComparedGroup } from '../facts/compared-group.js';
import { groupSources } from '../facts/compared-group.js';
import { groupFigures } from '../figures/group/index.js';
import { answerHtml } from '../output/html/answer-html.js';
import type { ReportOptions } from '../output/html/page-body.js';
import { pageBody } from '../output/html/page-body.js';
import { sourcesHtml } from '../output/html/sql-disclosure.js';
import type { Query } from '../query.js';
import { timeText } from '../time-text.js';

const sectionTitles = [
  ['settings', 'Settings'],
  ['numbers', 'Numbers'],
  ['layers', 'Layers'],
] as const;

/**
 * The body of the page that compares three trials or more: answer first, then settings, numbers and
 * tests against the first, layers.
 */
export function groupPage(facts: ComparedGroup, query: Query, options: ReportOptions): string {
  const { sweep, members } = facts;
  const numbers = members.map(({ trial }) => trial.trial).join(', ');
  const page = {
    crumbs: [
      { text: 'Sweeps', href: sweep.links.index },
      { text: sweep.sweep.name, href: sweep.links.sweep },
      { text: `trials ${numbers}`, href: null },
    ],
    heading: `${members.length} trials side by side`,
    about: members.map(({ side, trial }) => `${side}: ${trial.label}`),
    first: `<div>${answerHtml(answerGroup(facts), 'Caution')}${sourcesHtml(groupSources(facts))}</div>`,
    sections: sectionTitles.map(([id, title]) => ({
      id,
      title,
      figures: groupFigures.filter(({ section }) => section === id),
    })),
    source: `sweep ${sweep.sweep.name} (created ${timeText(sweep.sweep.createdAt)}), trials ${numbers}`,
    links: sweep.links,
  };
  return pageBody(page, facts, query, options);
}
