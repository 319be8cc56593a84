import { escapeHtml } from './escape-html.js';

/** A disclosure with the query and a copy button. */
export function sqlDisclosure(sql: string, name = 'SQL'): string {
  return `<details><summary>${escapeHtml(name)}</summary><pre><code class="sql">${escapeHtml(sql)}</code></pre><button type="button" class="copy">Copy</button></details>`;
}

/** Disclosures of queries that text of the page comes from, by what they tell. */
export function sourcesHtml(sources: readonly (readonly [string, string])[]): string {
  return `<div class="sources">${sources.map(([name, sql]) => sqlDisclosure(sql, `SQL: ${name}`)).join('')}</div>`;
}
