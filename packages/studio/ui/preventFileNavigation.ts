/** A file that is dropped where nothing takes it does nothing; otherwise the browser would leave the page for it. */
export function preventFileNavigation() {
  const isIgnored = (event: DragEvent) =>
    !event.defaultPrevented && event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    // a dropzone of the whole page takes it; its own listener comes after this one
    if (!isIgnored(event) || document.querySelector("[data-whole-page]")) return;
    event.preventDefault();
    event.dataTransfer!.dropEffect = "none";
  });
  addEventListener("drop", (event) => {
    if (isIgnored(event)) event.preventDefault();
  });
}
