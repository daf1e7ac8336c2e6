// Prints what a configuration of the Serverless Framework amounts to that is a program, or a file
// of one: {"value": …}. TypeScript is compiled by the project's own compiler, or by esbuild.
//
//     node - FILE KEY STAGE REGION ESBUILD OUTPUT < print.cjs
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { Module, createRequire } = require("node:module");
const { execFileSync } = require("node:child_process");
const { pathToFileURL } = require("node:url");

const [file, key, stage, region, esbuild, output] = process.argv.slice(2);
const project = createRequire(file);

function compile(source, name) {
  let typescript;
  try {
    typescript = project("typescript");
  } catch {
    if (!esbuild) {
      throw new Error("it is TypeScript; install its compiler: npm install --save-dev typescript");
    }
    return execFileSync(esbuild, ["--loader=ts", "--format=cjs", "--platform=node",
      "--sourcefile=" + name], { input: source, encoding: "utf8" });
  }
  const { ModuleKind, ScriptTarget } = typescript;
  return typescript.transpileModule(source, {
    fileName: name,
    compilerOptions: {
      module: ModuleKind.CommonJS, target: ScriptTarget.ES2020, esModuleInterop: true,
    },
  }).outputText;
}

for (const extension of [".ts", ".cts", ".mts"]) {
  Module._extensions[extension] = (module, name) =>
    module._compile(compile(fs.readFileSync(name, "utf8"), name), name);
}

// The paths of tsconfig.json, and those of a file that it extends.
function paths(name, depth = 0) {
  let config;
  try {
    const text = fs.readFileSync(name, "utf8");
    config = JSON.parse(text.replace(/("(?:\\.|[^"\\])*")|\/\/.*|\/\*[^]*?\*\//g, "$1")
      .replace(/,(\s*[}\]])/g, "$1"));
  } catch {
    return [];
  }
  const options = config.compilerOptions ?? {};
  const base = path.resolve(path.dirname(name), options.baseUrl ?? ".");
  const own = Object.entries(options.paths ?? {}).map(([from, to]) => ({ base, from, to }));
  const parents = [config.extends ?? []].flat().filter((one) => one.startsWith("."));
  if (own.length > 0 || depth > 9) return own;
  return parents.flatMap((one) => paths(path.resolve(path.dirname(name),
    one.endsWith(".json") ? one : one + ".json"), depth + 1));
}

const aliases = paths(path.join(path.dirname(file), "tsconfig.json"));
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  const names = [];
  for (const { base, from, to } of aliases) {
    const [head, tail] = from.split("*");
    const all = from === request;
    if (!all && !(from.includes("*") && request.startsWith(head) && request.endsWith(tail))) continue;
    const part = all ? "" : request.slice(head.length, request.length - tail.length);
    names.push(...to.map((one) => path.resolve(base, one.replace("*", part))));
  }
  names.push(request, request.replace(/\.([cm]?)js$/, ".$1ts")); // what TypeScript calls a.js is a.ts
  let failed;
  for (const name of names) {
    try {
      return resolve.call(this, name, parent, ...rest);
    } catch (error) {
      failed ??= error;
    }
  }
  throw failed;
};

async function load() {
  try {
    return require(file);
  } catch (error) {
    if (error.code !== "ERR_REQUIRE_ESM" && !/Cannot use import statement|export/.test(error.message)) {
      throw error;
    }
    return import(pathToFileURL(file));
  }
}

async function main() {
  process.chdir(path.dirname(file));
  let value = await load();
  value = value?.default ?? value;
  const variables = { "opt:stage": stage, "sls:stage": stage, "opt:region": region,
    "aws:region": region };
  const context = {
    options: { stage, region }, resolveConfigurationProperty: async () => undefined,
    resolveVariable: async (name) => variables[name.split(",")[0]] ??
      (name.startsWith("env:") ? process.env[name.slice(4)] : undefined),
  };
  const called = async (one) => (typeof one === "function" ? one(context) : one);
  value = await called(value);
  for (const part of key ? key.split(".") : []) value = await called(value?.[part]);
  fs.writeFileSync(output, JSON.stringify({ value: value ?? null }, null, 1));
}

main().then(() => process.exit(0), (error) => {
  console.error(error?.stack ?? error);
  process.exit(1);
});
