import { mount } from "svelte";
import "./style.css";
import App from "./App.svelte";
import { place, read } from "./lib/router.svelte";
import { takeOver, takeOverLater } from "./lib/session.svelte";
import { pages } from "./pages";

// Before anything else: a token must not stay in the address, where histories and shoulders find it.
takeOver();
window.addEventListener("hashchange", takeOverLater);
read();
// Its script comes while the broker is asked who this is. Whether it came is said where the page is shown.
pages.find((page) => page.path === place.page)?.load().catch(() => undefined);
mount(App, { target: document.body });
