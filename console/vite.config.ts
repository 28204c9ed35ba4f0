import { svelte } from "@sveltejs/vite-plugin-svelte";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

/** Says from which sources this was built, so that a test without Node notices what was changed and not built. */
function builtFrom(): Plugin {
  const files = ["index.html", "package-lock.json", "package.json", "svelte.config.js", "tsconfig.json", "vite.config.ts"];
  for (const entry of readdirSync("src", { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      files.push(`${entry.parentPath}/${entry.name}`);
    }
  }
  const hash = createHash("sha256");
  for (const file of files.sort()) {
    hash.update(file).update("\0").update(readFileSync(file)).update("\0");
  }
  const source = `${hash.digest("hex")}\n`;
  return {
    name: "built-from",
    apply: "build",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "built-from.sha256", source });
    },
  };
}

// What is built lies among the server's resources and is committed: whoever builds the broker needs no Node.
export default defineConfig({
  base: "/console/",
  plugins: [svelte(), builtFrom()],
  build: {
    outDir: process.env.CONSOLE_OUT ?? "../server/src/main/resources/com/databroker/server/console",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
  // For work on the console: `npm run dev` beside a broker.
  server: {
    proxy: Object.fromEntries(
      ["access", "asyncapi.json", "config", "connections", "docs", "events", "files", "health", "objects", "openapi.json", "problems", "status", "streams", "views"].map((path) => [
        `/${path}`,
        { target: process.env.DATABROKER_URL ?? "http://127.0.0.1:8080", ws: path === "events" || path === "objects" },
      ]),
    ),
  },
});
