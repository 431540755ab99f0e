/**
 * Puts a text on the clipboard. Where the browser does not allow it, shows the text, selected, to be copied by hand.
 * @returns {Promise<boolean>} whether it was copied
 */
export async function copy(text, dialog) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = dialog.querySelector("input");
    field.value = text;
    dialog.addEventListener("close", () => (field.value = ""), { once: true });
    dialog.showModal();
    field.select();
    return false;
  }
}
