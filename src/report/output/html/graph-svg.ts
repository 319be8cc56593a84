import { edgePath } from '../../charts/graph/edge-path.js';
import type { NetworkColours } from '../../charts/graph/network-colours.js';
import { cell, type NetworkPicture, type PictureBox } from '../../charts/graph/network-picture.js';
import { escapeHtml } from './escape-html.js';

/** How a picture is drawn. */
export interface GraphDrawing {
  readonly colours: NetworkColours;
  /** Id of the figure, which parts of a large network are numbered under; null: without links. */
  readonly id: string | null;
}

/** The boxes and arrows of a picture, without the `svg` element around them. */
export function graphSvg({ boxes, edges }: NetworkPicture, drawing: GraphDrawing): string {
  const paths = edges.map((edge) => `<path d="${edgePath(edge)}"/>`);
  return `<g class="edges" aria-hidden="true">${paths.join('')}</g>\n${boxes.map((box) => boxSvg(box, drawing)).join('\n')}`;
}

function boxSvg(box: PictureBox, { colours, id }: GraphDrawing): string {
  const { kind, x, y, width, height, node, isCurrent } = box;
  const paint = node === null ? undefined : colours.byNode.get(node);
  const classes = [
    'box',
    kind,
    ...(paint === undefined ? [] : [paint.className, paint.isFloat ? 'float' : '']),
    isCurrent ? 'current' : '',
  ].filter((name) => name !== '');
  const href = id === null ? null : box.picture === null ? box.href : `#${partId(id, box.picture)}`;
  const radius = kind === 'join' || kind === 'end' ? height / 2 : 4;
  const said = [box.name, box.operators, ...(kind === 'group' ? [box.note] : [])].join(', ');
  const attributes = [
    `class="${classes.join(' ')}"`,
    `transform="translate(${round(x)} ${round(y)})"`,
    node === null ? '' : `data-node="${node}"`,
    `data-name="${escapeHtml(box.name)}" data-operators="${escapeHtml(box.operators)}"`,
    box.picture === null || id === null ? '' : `data-part="${partId(id, box.picture)}"`,
    href === null ? (node === null ? '' : 'tabindex="0" role="img"') : `href="${escapeHtml(href)}"`,
    href === null && node === null
      ? ''
      : `aria-label="${escapeHtml(`${shownText(box, colours)}, ${withValue(said, paint)}`)}"`,
    isCurrent ? 'aria-current="true"' : '',
  ].filter((text) => text !== '');
  const name = href === null ? 'g' : 'a';
  return `<${name} ${(id === null ? attributes.slice(0, 2) : attributes).join(' ')}><rect width="${width}" height="${height}" rx="${radius}"/>${textsSvg(box, colours)}</${name}>`;
}

function textsSvg(box: PictureBox, colours: NetworkColours): string {
  const { kind, width, height, title, note, node, cells } = box;
  const text = (className: string, x: number, y: number, said: string): string =>
    `<text${className === '' ? '' : ` class="${className}"`} x="${x}" y="${y}">${escapeHtml(said)}</text>`;
  // With spaces between: a reader takes the texts for words.
  switch (kind) {
    case 'join':
    case 'end':
    case 'outside':
      return text('', width / 2, height / 2 + 3.5, title);
    case 'layer':
      return `${text('name', 8, 15, title)} ${text('value', 8, 30, colours.byNode.get(node!)?.text ?? '')}${note === '' ? '' : ` ${text('note', width - 8, 30, note)}`}`;
    case 'group': {
      const squares = cells.map((square) => {
        const paint = colours.byNode.get(square.node);
        const classes = ['cell', paint?.className ?? 'none', paint?.isFloat === true ? 'float' : ''].join(' ').trim();
        return `<rect class="${classes}" data-node="${square.node}" x="${square.x}" y="${square.y}" width="${cell.size}" height="${cell.size}"/>`;
      });
      return `${text('name', 8, 16, title)}${squares.join('')} ${text('value', 8, height - 6, note)}`;
    }
  }
}

/** The texts in a box, which its name for screen readers begins with. */
function shownText({ kind, title, note, node }: PictureBox, colours: NetworkColours): string {
  const value = kind === 'layer' && node !== null ? (colours.byNode.get(node)?.text ?? '') : '';
  const shown = kind === 'layer' || kind === 'group' ? [title, value, note] : [title];
  return shown.filter((text) => text !== '').join(' ');
}

/** Id of the place that a group's picture stands in. */
export function partId(figure: string, picture: number): string {
  return `${figure}-part-${picture}`;
}

function withValue(said: string, paint: { readonly text: string; readonly isFloat: boolean } | undefined): string {
  return [said, ...(paint === undefined ? [] : [paint.text, paint.isFloat ? 'float' : ''])].filter(Boolean).join(', ');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
