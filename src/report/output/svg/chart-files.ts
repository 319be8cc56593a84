import { firstColours } from '../html/graph-html.js';
import { chartSvg } from './chart-svg.js';
import { graphFile } from './graph-file.js';
import type { FigureData } from '../../figures/figure-data.js';
import { fileName } from '../../addresses/site-map.js';

/** A chart as a file. */
export interface ChartFile {
  /** One path segment, e.g. `demo-layer-loss-200-batches.svg`. */
  readonly name: string;
  readonly svg: string;
}

/**
 * Each panel of each chart and each picture of a network as a static SVG. A file's name is the
 * sweep's folder, the page, the figure's id and, where it has several panels, the panel's title; it
 * depends on nothing else, but for a number where two would meet.
 *
 * @param page name of the page, e.g. `trial-7`; empty for the sweep's own
 * @param taken names given so far, in lower case; added to
 */
export async function chartFiles(
  folder: string,
  page: string,
  figures: readonly FigureData[],
  taken = new Set<string>(),
): Promise<ChartFile[]> {
  const files: ChartFile[] = [];
  const prefix = [cutName(folder, 120), page].filter((part) => part !== '').join('-');
  for (const { id, title, rows, content } of figures) {
    if (content.kind === 'graph') {
      const colours = firstColours(content.controls, rows);
      for (const [index, picture] of content.pictures.entries()) {
        const svg = graphFile(picture, colours, {
          title: picture.title === '' ? title : `${title}: ${picture.title}`,
          description: `${content.alt} ${content.caption}`,
        });
        files.push({ name: freeName(`${prefix}-${id}${index === 0 ? '' : `-${index}`}`, taken), svg });
      }
      continue;
    }
    if (content.kind !== 'charts') continue;
    for (const panel of content.panels) {
      const heading = panel.title === '' ? title : `${title}: ${panel.title}`;
      const svg = await chartSvg({
        spec: panel.spec,
        rows,
        controls: content.controls,
        title: heading,
        description: `${panel.alt} ${content.caption}`,
      });
      const part = content.panels.length === 1 || panel.title === '' ? '' : `-${cutName(fileName(panel.title), 60)}`;
      files.push({ name: freeName(`${prefix}-${id}${part}`, taken), svg });
    }
  }
  return files;
}

function freeName(base: string, taken: Set<string>): string {
  let name = base;
  for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${base}-${number}`;
  taken.add(name.toLowerCase());
  return `${name}.svg`;
}

/** At most so many bytes of UTF-8, as file systems count: 255 for the whole name. */
function cutName(name: string, bytes: number): string {
  let cut = name;
  while (Buffer.byteLength(cut) > bytes) cut = Array.from(cut).slice(0, -1).join('');
  return cut;
}
