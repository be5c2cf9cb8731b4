// Bundles src/ into one file, dist/nmt-chat.js: a classic script, so that it knows which address it was loaded from.
// Beside it lies the same, compressed, as most browsers get it.
import { readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

// A style sheet becomes a text, made small.
const styles = {
  name: "styles",
  setup(bundle) {
    bundle.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true, target: "safari15" });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: ["src/index.ts"],
  outfile: "dist/nmt-chat.js",
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome90", "firefox90", "safari15"],
  legalComments: "none",
  banner: { js: "/* NMT Guide chat, Apache-2.0; contains socket.io-client, MIT. */" },
  plugins: [styles],
}).catch(() => process.exit(1)); // esbuild has said what is wrong

const script = new URL("dist/nmt-chat.js", import.meta.url);
await writeFile(new URL("dist/nmt-chat.js.gz", import.meta.url), gzipSync(await readFile(script), { level: 9 }));
