// The pages of the console. Each is a script of its own, so that nobody waits for one that is not asked for.

import type { Component } from "svelte";
import { administers, session } from "./lib/session.svelte";

export interface Page {
  path: string;
  title: string;
  load: () => Promise<{ default: Component }>;
  shown: () => boolean;
}

const always = (): boolean => true;
const plane = (name: string) => (): boolean => session.me?.planes.includes(name) ?? false;
const area = (name: string) => (): boolean => administers(name);

export const pages: Page[] = [
  { path: "", title: "Overview", load: () => import("./pages/Overview.svelte"), shown: always },
  { path: "live", title: "Live", load: () => import("./pages/Live.svelte"), shown: always },
  { path: "files", title: "Files", load: () => import("./pages/Files.svelte"), shown: always },
  { path: "objects", title: "Objects", load: () => import("./pages/Objects.svelte"), shown: plane("objects") },
  { path: "streams", title: "Streams", load: () => import("./pages/Streams.svelte"), shown: plane("streams") },
  { path: "search", title: "Search", load: () => import("./pages/Search.svelte"), shown: plane("streams") },
  { path: "access", title: "Access", load: () => import("./pages/Access.svelte"), shown: area("users") },
  { path: "connections", title: "Connections", load: () => import("./pages/Connections.svelte"), shown: area("connections") },
  { path: "health", title: "Health", load: () => import("./pages/Health.svelte"), shown: area("health") },
  { path: "configuration", title: "Configuration", load: () => import("./pages/Configuration.svelte"), shown: area("config") },
  { path: "api", title: "API", load: () => import("./pages/Api.svelte"), shown: always },
  { path: "docs", title: "Docs", load: () => import("./pages/Docs.svelte"), shown: always },
];
