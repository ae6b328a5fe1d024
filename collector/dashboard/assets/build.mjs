// Bundles the dashboard's script, style sheet, fonts and icon into ../static, with a hash of its content in each name.
// manifest.json, written last, tells the templates which name stands for which file.
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { build } from "esbuild";

const target = "../static";

process.chdir(import.meta.dirname);
await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });

const { metafile } = await build({
  entryPoints: ["app.js", "app.css", "plots.js", "plots.css", "icon.svg"], // plots: for the page that has them
  outdir: target,
  bundle: true,
  minify: true,
  metafile: true,
  format: "iife",
  target: ["chrome123", "firefox120", "safari17.5"], // the first with light-dark()
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file", ".svg": "copy" },
  legalComments: "none",
  logLevel: "warning",
});

const manifest = Object.fromEntries(
  Object.entries(metafile.outputs).map(([output, { entryPoint, inputs }]) => [
    basename(entryPoint ?? Object.keys(inputs)[0]),
    basename(output),
  ]),
);
await copyFile("node_modules/uplot/LICENSE", `${target}/uplot-LICENSE.txt`);
await copyFile("node_modules/@fontsource-variable/inter/LICENSE", `${target}/inter-LICENSE.txt`);
await writeFile(`${target}/manifest.json`, JSON.stringify(manifest, null, 2));
