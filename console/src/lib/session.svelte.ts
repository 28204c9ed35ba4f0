// Who is signed in. The token lives in this tab's sessionStorage and in the header Authorization, nowhere else.

import { dropAll } from "./drafts";

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

const GIVEN = /^#token=([^&]+)$/;

/** Takes a token out of `#token=…` and removes it from the address at once. */
export function takeOver(): void {
  const given = GIVEN.exec(location.hash)?.[1];
  if (location.hash !== "") {
    history.replaceState(null, "", location.pathname + location.search);
  }
  if (given !== undefined) {
    sessionStorage.setItem(KEY, plain(given));
  }
  session.token = sessionStorage.getItem(KEY) ?? "";
}

/** Where the link is opened in a tab that shows the console already, nothing is loaded. */
export function takeOverLater(): void {
  if (GIVEN.test(location.hash)) {
    takeOver();
    session.notice = "";
  }
}

/** A link that was damaged on the way is no token, and is refused as such. */
function plain(given: string): string {
  try {
    return decodeURIComponent(given);
  } catch {
    return given;
  }
}

export function signIn(token: string): void {
  sessionStorage.setItem(KEY, token);
  session.token = token;
  session.notice = "";
}

export function signOut(notice = ""): void {
  sessionStorage.removeItem(KEY);
  dropAll();
  session.token = "";
  session.me = null;
  session.notice = notice;
}

export function administers(area: string): boolean {
  return session.me?.administers.includes(area) ?? false;
}
