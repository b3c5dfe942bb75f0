// Writes src/generated/protocol.ts from schema.json, the JSON Schema document that `python -m server schema` prints.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { compile } from "json-schema-to-typescript";

const root = path.resolve(import.meta.dirname, "..");
const schema = JSON.parse(await readFile(path.join(root, "schema.json"), "utf8"));
const definitions = schema.$defs ?? {};

// Pydantic titles every property, and the compiler would turn each title into a type of its own.
function withoutTitles(node) {
  if (Array.isArray(node)) return node.map(withoutTitles);
  if (node === null || typeof node !== "object") return node;
  const { title, ...rest } = node;
  const kept = typeof title === "string" ? rest : node;
  return Object.fromEntries(
    Object.entries(kept).map(([key, value]) => [
      key,
      key === "properties" || key === "$defs"
        ? Object.fromEntries(Object.entries(value).map(([name, child]) => [name, withoutTitles(child)]))
        : withoutTitles(value),
    ]),
  );
}

// A definition that is only reachable by name still has to be written, so one root refers to them all.
const document = {
  $defs: withoutTitles(definitions),
  title: "Protocol",
  type: "object",
  additionalProperties: false,
  required: Object.keys(definitions),
  properties: Object.fromEntries(Object.keys(definitions).map((name) => [name, { $ref: `#/$defs/${name}` }])),
};
const banner = "/* Generated from schema.json by `npm run types`. Change the server's models, not this file. */";
const types = await compile(document, "Protocol", {
  bannerComment: banner,
  additionalProperties: false,
  format: false,
  strictIndexSignatures: true,
  ignoreMinAndMaxItems: true,
});
await writeFile(path.join(root, "src/generated/protocol.ts"), types);
