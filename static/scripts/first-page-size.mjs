// Prints how many compressed bytes the directory page loads, and fails when it is over the limit of 100 KB.
import { readFile, stat } from "node:fs/promises";
import path from "node:path";

const limitBytes = 100_000;
const dist = path.resolve(import.meta.dirname, "../dist");
const manifest = JSON.parse(await readFile(path.join(dist, ".vite/manifest.json"), "utf8"));
const files = new Set(["index.html"]);

function collect(name) {
  const chunk = manifest[name];
  if (!chunk || files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const asset of [...(chunk.css ?? []), ...(chunk.assets ?? [])]) files.add(asset);
  for (const dependency of chunk.imports ?? []) collect(dependency);
}
collect("index.html");
collect("src/pages/directory.tsx");

let total = 0;
for (const file of files) {
  const { size } = await stat(path.join(dist, `${file}.br`)).catch(() => stat(path.join(dist, file)));
  total += size;
  console.log(`${String(size).padStart(8)}  ${file}`);
}
console.log(`${String(total).padStart(8)}  bytes for the first page (limit ${limitBytes})`);
if (total > limitBytes) process.exit(1);
