import { createHash } from 'node:crypto';
import { escapeHtml } from './escape-html.js';
import { clientScript } from '../../browser/client-script.js';
import { packJson } from '../../browser/pack-figure.js';

/** Parts of the finished document. */
export interface Page {
  readonly title: string;
  /** HTML of the body; every value in it escaped. */
  readonly body: string;
  readonly assets: PageAssets;
}

/** The style sheet and the scripts. */
export type PageAssets = InlineAssets | SharedAssets;

/** In the page itself. */
export interface InlineAssets {
  readonly kind: 'inline';
  readonly style: string;
  /** In order, as source text. */
  readonly scripts: readonly string[];
  /** Licences of code in the scripts, which stay readable beside them. */
  readonly licences: string;
}

/** In files that all pages of a report share. */
export interface SharedAssets {
  readonly kind: 'shared';
  /** Addresses, relative to the page. */
  readonly style: string;
  readonly scripts: readonly string[];
  /** True where the page may ask the server that it came from for news. */
  readonly live: boolean;
}

/**
 * The whole document. Its content security policy allows nothing but its own style sheet and
 * scripts: inlined ones by their hashes, shared ones as files from where the page is. No network,
 * no other script, no eval, no form, no frame.
 */
export function pageHtml({ title, body, assets }: Page): string {
  const { policy, head, foot } = assetHtml(assets);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy.join('; ')}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="quantsweep">
<title>${escapeHtml(title)}</title>
${head}
</head>
<body>
${body}
${foot}
</body>
</html>
`;
}

function assetHtml(assets: PageAssets): { policy: string[]; head: string; foot: string } {
  const closed = ["base-uri 'none'", "form-action 'none'"];
  switch (assets.kind) {
    case 'inline': {
      const start = clientScript('start');
      const allowed = [start, ...assets.scripts].map(hashSource);
      const sources = `script-src ${allowed.join(' ')}`;
      return {
        policy: ["default-src 'none'", sources, `style-src ${hashSource(assets.style)}`, ...closed],
        head: `<style>${assets.style}</style>`,
        foot: `<!--\n${assets.licences.replaceAll('--', '- -')}\n-->\n<script type="text/plain" data-scripts>${packJson(assets.scripts)}</script>\n<script>${start}</script>`,
      };
    }
    case 'shared':
      return {
        policy: [
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          ...(assets.live ? ["connect-src 'self'"] : []),
          ...closed,
        ],
        head: `<link rel="stylesheet" href="${escapeHtml(assets.style)}">`,
        foot: assets.scripts.map((script) => `<script src="${escapeHtml(script)}"></script>`).join('\n'),
      };
  }
}

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;
}
