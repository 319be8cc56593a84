import { element } from './element.js';

/** Copies text; true where it is on the clipboard. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.body.appendChild(element('textarea', 'hidden'));
    area.value = text;
    area.select();
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- pages opened as files have no other clipboard
    const isDone = document.execCommand('copy');
    area.remove();
    return isDone;
  }
}
