/**
 * When the element with the focus is removed or disabled and nothing else takes the focus, the nearest heading around its
 * place gets it, so that keyboard and screen reader do not start again at the top of the page.
 */
export function keepFocus() {
  /** The element that has the focus, then its ancestors. Empty when the person took the focus away themselves. */
  let path: Element[] = [];
  let isScheduled = false;

  const check = () => {
    isScheduled = false;
    const [focused, ...around] = path;
    if (!focused || !isLost(focused)) return;
    for (const ancestor of around) {
      if (!ancestor.isConnected) continue;
      for (const heading of ancestor.querySelectorAll<HTMLElement>("h1, h2, h3")) {
        if (!heading.hasAttribute("tabindex")) heading.tabIndex = -1;
        heading.focus({ preventScroll: true }); // without effect behind an open dialog, and when it is hidden
        if (document.activeElement === heading) return;
      }
    }
  };
  const schedule = () => {
    if (isScheduled || path.length === 0) return;
    isScheduled = true;
    requestAnimationFrame(check); // after what the page itself does with the focus
  };

  addEventListener("focusin", ({ target }) => {
    path = pathOf(target as Element);
  });
  addEventListener("focusout", ({ target, relatedTarget }) => {
    if (relatedTarget) return;
    setTimeout(() => {
      // by a click beside it, or by Escape
      if (path[0] === target && document.hasFocus() && !isGone(target as Element)) path = [];
    });
  });
  new MutationObserver(schedule).observe(document.body, {
    childList: true,
    subtree: true,
    attributeFilter: ["disabled"],
  });
}

const isGone = (element: Element) => !element.isConnected || element.matches(":disabled");

const isLost = (focused: Element) =>
  isGone(focused) && [null, document.body, focused].includes(document.activeElement as HTMLElement);

function pathOf(element: Element): Element[] {
  const path: Element[] = [];
  for (let at: Element | null = element; at; at = at.parentElement) path.push(at);
  return path;
}
