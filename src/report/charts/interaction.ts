/**
 * Clicks on the legend leave the groups of `field` clicked on; shift adds, a double click brings
 * all back.
 */
export function legendFilter(field: string) {
  return { name: 'shown', select: { type: 'point' as const, fields: [field] }, bind: 'legend' as const };
}

/** Opacity of a mark of a group under {@link legendFilter}. */
export function shownOpacity(full: number) {
  return { condition: { param: 'shown', empty: true, value: full }, value: full / 12 };
}

/**
 * Dragging with a mouse moves the axes, the wheel with Ctrl or Cmd (and pinching a touchpad) widens
 * them, a double click brings them back. The wheel alone and fingers scroll the page, as everywhere
 * else in it.
 */
export const zoom = {
  name: 'axes',
  select: {
    type: 'interval' as const,
    translate: "[pointerdown[event.pointerType == 'mouse'], window:pointerup] > window:pointermove!",
    zoom: 'wheel![event.ctrlKey || event.metaKey]',
    clear: 'dblclick',
  },
  bind: 'scales' as const,
};

/** How to use {@link zoom}, for captions. */
export const zoomHint = 'Drag to pan, Ctrl + wheel to zoom, double-click to reset.';

/** How to use {@link legendFilter}, for captions. */
export const legendHint = 'Click the legend to isolate a group.';

/** Makes a mark the link to the page of its row's trial; without such a page it stays a mark. */
export const trialLink = { href: { field: 'trial_href', type: 'nominal' as const } };

/** The same of its row's layer. */
export const layerLink = { href: { field: 'layer_href', type: 'nominal' as const } };

/**
 * The cursor of marks with {@link trialLink} or {@link layerLink}: a hand where there is a page.
 */
export const linkCursor = { cursor: { expr: "datum.trial_href || datum.layer_href ? 'pointer' : 'default'" } };
