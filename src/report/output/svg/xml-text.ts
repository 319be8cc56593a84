/** Without the characters that XML 1.0 (section 2.2) does not have even as references, e.g. NUL. */
export function withoutForbidden(xml: string): string {
  return xml.replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '');
}
