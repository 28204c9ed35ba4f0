// What is wider than its place scrolls, and is reached by the keyboard then; what fits is no stop for it.

/** To be attached to what scrolls sideways. */
export function reachable(node: HTMLElement): () => void {
  const look = (): void => {
    if (node.scrollWidth > node.clientWidth) {
      node.tabIndex = 0;
      node.role ??= "group";
      node.ariaLabel ??= "Scrolls sideways";
    } else {
      node.removeAttribute("tabindex");
    }
  };
  const observer = new ResizeObserver(look);
  observer.observe(node);
  for (const child of node.children) {
    observer.observe(child);
  }
  return () => observer.disconnect();
}
