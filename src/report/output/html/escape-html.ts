/**
 * Text made safe for HTML content and for attributes in double quotes, the only ones that pages
 * have: their queries have many single ones.
 */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
