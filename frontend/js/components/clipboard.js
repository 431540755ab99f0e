/** Copies a text, or shows it, selected, where the browser forbids that. @returns {Promise<boolean>} whether it was copied */
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
