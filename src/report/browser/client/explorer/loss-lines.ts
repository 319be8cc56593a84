import type { Cell, Row } from '../../../query.js';
import { element } from '../element.js';
import type { FigureState } from '../figure-state.js';

const namespace = 'http://www.w3.org/2000/svg';
const size = { width: 860, height: 240, left: 56, bottom: 22, top: 10 } as const;

/** Lines are told apart by colour and by dashes; more than these begin anew. */
const dashes = ['', '6 3', '2 3', '8 3 2 3'];
const colors = ['var(--sideA)', 'var(--sideB)', 'var(--smoothed)', 'var(--unsmoothed)', 'var(--fp32)', 'var(--muted)'];

interface Line {
  readonly label: string;
  readonly points: readonly { readonly place: number; readonly layer: string; readonly loss: number }[];
}

/**
 * The loss of each layer in each trial, from the rows of the figure of layer losses; null where
 * fewer than two of the trials are in it.
 */
export function lossLines(trials: readonly Row[], figure: FigureState | undefined): HTMLElement | null {
  if (figure === undefined) return null;
  const at = (name: string): number => figure.columns.indexOf(name);
  const [trial, position, layer, mode, l1] = ['trial', 'position', 'layer', 'mode', 'l1'].map(at) as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (Math.min(trial, position, layer, mode, l1) < 0) return null;
  const modes = new Set(figure.rows.map((row) => row[mode]));
  const shown: Cell = modes.has('accumulated') ? 'accumulated' : ([...modes][0] ?? null);
  const lines = trials
    .map((row): Line => ({
      label: String(row['label']),
      points: figure.rows
        .filter(
          (one) => one[trial] === row['trial'] && one[mode] === shown && typeof one[l1] === 'number' && one[l1] > 0,
        )
        .map((one) => ({ place: Number(one[position]), layer: String(one[layer]), loss: Number(one[l1]) })),
    }))
    .filter(({ points }) => points.length > 0);
  if (lines.length < 2) return null;
  const holder = element('figure', 'lines');
  const lacking = trials.length - lines.length;
  const lackingText = lacking === 0 ? '' : ` Not drawn: ${lacking} without losses in this page.`;
  holder.append(
    element(
      'figcaption',
      '',
      `L1 of each layer's output (${String(shown)}), layers from input to output, logarithmic.${lackingText}`,
    ),
    legend(lines),
    chart(lines),
  );
  return holder;
}

function legend(lines: readonly Line[]): HTMLElement {
  const list = element('ul', 'legend');
  lines.forEach(({ label }, index) => {
    const item = element('li');
    const key = svg('svg', { width: 30, height: 10, 'aria-hidden': 'true' });
    key.append(stroke(svg('line', { x1: 0, x2: 30, y1: 5, y2: 5 }), index));
    item.append(key, ` ${label}`);
    list.append(item);
  });
  return list;
}

function chart(lines: readonly Line[]): SVGElement {
  const { width, height, left, bottom, top } = size;
  const points = lines.flatMap(({ points: own }) => own);
  const places = [...new Set(points.map(({ place }) => place))].sort((a, b) => a - b);
  const [low, high] = [Math.min(...points.map(({ loss }) => loss)), Math.max(...points.map(({ loss }) => loss))];
  const [from, to] = [
    Math.floor(Math.log10(low)),
    Math.max(Math.floor(Math.log10(low)) + 1, Math.ceil(Math.log10(high))),
  ];
  const x = (place: number): number =>
    left + (places.indexOf(place) / Math.max(1, places.length - 1)) * (width - left - 10);
  const y = (loss: number): number => top + ((to - Math.log10(loss)) / (to - from)) * (height - top - bottom);
  const root = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img' });
  root.setAttribute('aria-label', `Lines of the L1 of ${places.length} layers in ${lines.length} trials.`);
  for (let power = from; power <= to; power += 1) {
    const line = svg('line', { x1: left, x2: width - 10, y1: y(10 ** power), y2: y(10 ** power), class: 'grid' });
    const text = svg('text', { x: left - 6, y: y(10 ** power) + 4, 'text-anchor': 'end' });
    text.textContent = String(Number((10 ** power).toPrecision(1)));
    root.append(line, text);
  }
  const last = svg('text', { x: left, y: height - 4 });
  last.textContent = `${places.length} layers, input to output`;
  root.append(last);
  lines.forEach(({ label, points: own }, index) => {
    const path = own.map(
      ({ place, loss }, at) => `${at === 0 ? 'M' : 'L'}${x(place).toFixed(1)},${y(loss).toFixed(1)}`,
    );
    root.append(stroke(svg('path', { d: path.join('') }), index));
    for (const { place, layer, loss } of own) {
      const dot = svg('circle', { cx: x(place), cy: y(loss), r: 3 });
      dot.style.fill = colors[index % colors.length]!;
      const title = svg('title', {});
      title.textContent = `${layer}: ${Number(loss.toPrecision(4))}, ${label}`;
      dot.append(title);
      root.append(dot);
    }
  });
  return root;
}

function stroke(node: SVGElement, index: number): SVGElement {
  node.classList.add('line');
  node.style.stroke = colors[index % colors.length]!;
  node.setAttribute('stroke-dasharray', dashes[(index + Math.floor(index / colors.length)) % dashes.length]!);
  return node;
}

function svg(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const node: SVGElement = document.createElementNS<'g'>(namespace, name as 'g');
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  return node;
}
