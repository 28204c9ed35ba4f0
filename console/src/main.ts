import { mount } from "svelte";
import "./style.css";
import App from "./App.svelte";
import { takeOver } from "./lib/session.svelte";

// Before anything else: a token must not stay in the address, where histories and shoulders find it.
takeOver();
mount(App, { target: document.body });
