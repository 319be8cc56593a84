/** An element of an XML document. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly (XmlElement | string)[];
}

const entities = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/**
 * Parses a document of elements, attributes and text, and throws where it is not well-formed: a
 * forbidden character, an unknown entity, a bare `<` or `&`, an attribute twice or without quotes,
 * tags that do not match.
 */
export function parseXml(xml: string): XmlElement {
  const forbidden = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.exec(xml);
  if (forbidden !== null) throw new Error(`forbidden character at ${forbidden.index}`);
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  const root: { children: (XmlElement | string)[] } = { children: [] };
  const open: { name: string; children: (XmlElement | string)[] }[] = [];
  let rest = body;
  while (rest !== '') {
    const into = (open.at(-1) ?? root).children;
    const text = /^[^<]+/.exec(rest)?.[0];
    if (text !== undefined) {
      into.push(decode(text));
      rest = rest.slice(text.length);
      continue;
    }
    const tag = /^<(\/?)([A-Za-z][\w:-]*)((?:\s+[A-Za-z_][\w:.-]*="[^"<]*")*)\s*(\/?)>/.exec(rest);
    if (tag === null) throw new Error(`no tag at: ${rest.slice(0, 80)}`);
    const [whole, close, name = '', attributeText = '', empty] = tag;
    rest = rest.slice(whole.length);
    if (close === '/') {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes another element`);
      continue;
    }
    const element = { name, attributes: attributesOf(attributeText), children: [] as (XmlElement | string)[] };
    into.push(element);
    if (empty !== '/') open.push(element);
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)?.name ?? ''}> is not closed`);
  const elements = root.children.filter((child) => typeof child !== 'string');
  const [first] = elements;
  if (first === undefined || elements.length > 1) throw new Error(`${elements.length} root elements`);
  return first;
}

/** Every element of a document, the given one included. */
export function elementsOf(element: XmlElement): XmlElement[] {
  return [element, ...element.children.flatMap((child) => (typeof child === 'string' ? [] : elementsOf(child)))];
}

/** All text within an element. */
export function textIn(element: XmlElement): string {
  return element.children.map((child) => (typeof child === 'string' ? child : textIn(child))).join('');
}

function attributesOf(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(/\s+([^=\s]+)="([^"]*)"/g)) {
    if (attributes.has(name)) throw new Error(`attribute ${name} twice`);
    attributes.set(name, decode(value));
  }
  return attributes;
}

function decode(text: string): string {
  return text.replaceAll(
    /&(?:#x([\dA-Fa-f]+)|#(\d+)|(\w+))?(;?)/g,
    (whole, hex?: string, decimal?: string, name?: string, end?: string) => {
      const letter =
        name === undefined
          ? String.fromCodePoint(Number(hex === undefined ? decimal : `0x${hex}`))
          : entities.get(name);
      if (end !== ';' || letter === undefined) throw new Error(`no such reference: ${whole}`);
      return letter;
    },
  );
}
