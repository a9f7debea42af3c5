// Bundles src/ into the folder given as the first argument, with the notices of what it contains.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "..", "pageowner_sql", "output", "assets");

const result = await build({
  absWorkingDir: here,
  entryPoints: { report: "src/report.ts", flame: "src/flame.ts", explorer: "src/explorer.ts" },
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022"],
  legalComments: "none",
  metafile: true,
  write: false,
  logLevel: "warning",
});

/** The packages that ended up in the bundles, as their folders below node_modules. */
function bundledPackages(metafile) {
  const names = Object.keys(metafile.inputs).map(
    (path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1],
  );
  return [...new Set(names.filter(Boolean))].sort();
}

function notice(name) {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} brings no licence text`);
  const text = readFileSync(join(folder, file), "utf8").trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}

/** A hash of what the bundle is made of; hatch_build.py computes the same. */
function sourcesDigest() {
  const sources = readdirSync(join(here, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(here.length + 1));
  const hash = createHash("sha256");
  for (const name of ["build.mjs", "package-lock.json", ...sources].sort()) {
    hash.update(`${name}\0`).update(readFileSync(join(here, name)));
  }
  return hash.digest("hex");
}

const notices = bundledPackages(result.metafile)
  .map(notice)
  .join(`\n${"-".repeat(72)}\n\n`);
mkdirSync(out, { recursive: true });
for (const file of result.outputFiles) {
  const name = file.path.slice(out.length + 1);
  // A page embeds the script, so the notices travel inside it; `*/` would end their comment.
  const tail = name.endsWith(".js")
    ? `/*! Contains:\n\n${notices.replaceAll("*/", "* /")}*/\n`
    : "";
  writeFileSync(join(out, name), file.text + tail);
}
writeFileSync(join(out, "THIRD-PARTY.txt"), notices);
writeFileSync(join(out, "sources.sha256"), `${sourcesDigest()}\n`);
