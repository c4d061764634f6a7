// Bundles src/main.ts with its libraries into ../assets/report.{js,css}: two files that the page carries inline.
import { build } from "esbuild";

await build({
  entryPoints: { report: "src/main.ts" },
  outdir: "../assets",
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  legalComments: "inline",
});
