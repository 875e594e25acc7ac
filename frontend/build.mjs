// Bundles every entry of src/entries into the folder named on the command line, each file named by its content, and
// writes `manifest.json`: entry → file. Browsers from about 2020 on, WeChat's among them.

import { build } from "esbuild";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { globSync } from "node:fs";

const folder = process.argv[2];
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });

const { metafile } = await build({
  entryPoints: globSync("src/entries/*.{ts,css}"),
  outdir: folder,
  entryNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome86", "safari14", "firefox90"],
  supported: { destructuring: true }, // only an odd corner of it is wrong in Safari 14
  logLimit: 5,
  charset: "utf8",
  legalComments: "linked",
  metafile: true,
});

const files = Object.entries(metafile.outputs).filter(([, output]) => output.entryPoint !== undefined);
const manifest = Object.fromEntries(files.map(([file, output]) => [basename(output.entryPoint).replace(/\.ts$/, ".js"), basename(file)]));
await writeFile(`${folder}/manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`);
