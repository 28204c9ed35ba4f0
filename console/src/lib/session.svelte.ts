// Who is signed in. The token lives in this tab's sessionStorage and in the header Authorization, nowhere else.

const KEY = "databroker.token";

export interface Me {
  name: string;
  roles: string[];
  grants: string[];
  scope: string[];
  administers: string[];
  planes: string[];
}

export const session = $state<{ token: string; me: Me | null; notice: string; ready: boolean }>({
  token: "",
  me: null,
  notice: "",
  ready: false,
});

/** Takes a token out of `#token=…` and removes it from the address at once. */
export function takeOver(): void {
  const given = /^#token=([^&]+)$/.exec(location.hash)?.[1];
  if (location.hash !== "") {
    history.replaceState(null, "", location.pathname + location.search);
  }
  if (given !== undefined) {
    sessionStorage.setItem(KEY, decodeURIComponent(given));
  }
  session.token = sessionStorage.getItem(KEY) ?? "";
}

export function signIn(token: string): void {
  sessionStorage.setItem(KEY, token);
  session.token = token;
  session.notice = "";
}

export function signOut(notice = ""): void {
  sessionStorage.removeItem(KEY);
  session.token = "";
  session.me = null;
  session.notice = notice;
}

export function administers(area: string): boolean {
  return session.me?.administers.includes(area) ?? false;
}
