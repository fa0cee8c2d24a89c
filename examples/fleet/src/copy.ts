import { element } from '../../chat/src/dom';

/** A button that copies a text and says whether that was allowed. */
export function copyButton(text: string, label: string): HTMLButtonElement {
  const button = element('button', { class: 'button', type: 'button', 'data-testid': 'copy' }, 'Copy');
  button.setAttribute('aria-label', label);
  button.addEventListener('click', async () => {
    const words = await navigator.clipboard.writeText(text).then(
      () => 'Copied',
      () => 'Not allowed to copy',
    );
    button.textContent = words;
    button.setAttribute('aria-label', words);
  });
  return button;
}
