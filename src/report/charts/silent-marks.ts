import type { Mark, Spec } from 'vega';

/**
 * A chart whose marks that describe nothing (rules, bands, rings) are silent to screen readers: in
 * SVG each would be an image without a name. Others have one even where no row is drawn. The chart
 * itself is described by its place in the page.
 */
export function silenceMarks(spec: Spec): Spec {
  return spec.marks === undefined ? spec : { ...spec, marks: spec.marks.map(silenced) };
}

function silenced(mark: Mark): Mark {
  if (mark.type === 'group') return mark.marks === undefined ? mark : { ...mark, marks: mark.marks.map(silenced) };
  const { description } = (mark.encode?.update ?? {}) as Readonly<Record<string, unknown>>;
  const isSilent = mark.type === 'rule' || (description === undefined && mark.description === undefined);
  return isSilent ? { ...mark, aria: false } : { description: `${mark.type} marks`, ...mark };
}
