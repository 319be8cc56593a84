import { createHash } from 'node:crypto';
import { escapeHtml } from './html.js';

/** Parts of the finished document. */
export interface Page {
  readonly title: string;
  readonly style: string;
  /** HTML of the body; every value in it escaped. */
  readonly body: string;
  /** Scripts in order, as source text; none may contain `</script`. */
  readonly scripts: readonly string[];
}

/**
 * The whole document. Its content security policy allows nothing but the inlined scripts and the style sheet, by their
 * hashes: no network, no other script, no eval, no form, no frame.
 */
export function pageHtml({ title, style, body, scripts }: Page): string {
  for (const script of scripts) {
    if (/<\/script|<!--/i.test(script)) throw new Error('Expected inlined scripts without "</script" or "<!--"');
  }
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map(hashSource).join(' ')}`,
    `style-src ${hashSource(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="quantsweep">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
${scripts.map((script) => `<script>${script}</script>`).join('\n')}
</body>
</html>
`;
}

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;
}
