/** How long a document can be fetched from its address after it was opened. */
const KEPT_MS = 60_000;

/** Shows a document in a window of its own; where the browser opens none, it is saved. */
export function openPdf(pdf: Blob, name: string): void {
  const address = URL.createObjectURL(pdf);
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
  if (window.open(address, "_blank") === null) save(address, name);
}

function save(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
}
