// Every view has an address: /console/<page>/<rest>?<parameters>.

const BASE = "/console/";

export const place = $state<{ page: string; rest: string; parameters: Record<string, string> }>({
  page: "", rest: "", parameters: {},
});

export function read(): void {
  const path = location.pathname.startsWith(BASE) ? location.pathname.slice(BASE.length) : "";
  const slash = path.indexOf("/");
  place.page = slash < 0 ? path : path.slice(0, slash);
  place.rest = slash < 0 ? "" : path.slice(slash + 1).split("/").map(decodeURIComponent).join("/");
  place.parameters = Object.fromEntries(new URLSearchParams(location.search));
}

/** @param to below /console/, escaped */
export function go(to: string, replace = false): void {
  history[replace ? "replaceState" : "pushState"](null, "", BASE + to);
  read();
  if (!replace) {
    window.scrollTo(0, 0);
  }
}

/** Keeps what a view is set to in its address. */
export function remember(parameters: Record<string, string>): void {
  const kept = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== ""));
  const text = kept.toString();
  history.replaceState(null, "", location.pathname + (text === "" ? "" : `?${text}`));
}

export function to(page: string, rest = "", parameters: Record<string, string> = {}): string {
  const path = rest === "" ? page : `${page}/${rest.split("/").map(encodeURIComponent).join("/")}`;
  const text = new URLSearchParams(parameters).toString();
  return BASE + path + (text === "" ? "" : `?${text}`);
}

export function start(): () => void {
  const clicked = (event: MouseEvent): void => {
    const link = (event.target as Element | null)?.closest("a");
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || link.target !== "" || link.hasAttribute("download") || event.defaultPrevented) {
      return;
    }
    const address = new URL(link.href, location.href);
    if (address.origin === location.origin && address.pathname.startsWith(BASE)) {
      event.preventDefault();
      go(address.pathname.slice(BASE.length) + address.search);
    }
  };
  window.addEventListener("popstate", read);
  document.addEventListener("click", clicked);
  return () => {
    window.removeEventListener("popstate", read);
    document.removeEventListener("click", clicked);
  };
}
