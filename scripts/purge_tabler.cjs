/* Drops the families of Tabler's classes that scripts/vendor_static.py does not keep.
   node purge_tabler.cjs SOURCE TARGET KEPT DROPPED, the last two as JSON lists of patterns. */
const fs = require("fs");
const { PurgeCSS } = require("purgecss");

const [source, target, keptJson, droppedJson] = process.argv.slice(2);
const kept = JSON.parse(keptJson).map((pattern) => new RegExp(pattern));
const dropped = JSON.parse(droppedJson).map((pattern) => new RegExp(pattern));
const css = fs.readFileSync(source, "utf8");
const found = [...css.matchAll(/\.((?:[a-zA-Z_-]|\\.)(?:[\w-]|\\.)*)/g)].map((match) => match[1].replace(/\\/g, ""));
const classes = [...new Set(found)].filter(
  (name) => kept.some((pattern) => pattern.test(name)) && !dropped.some((pattern) => pattern.test(name)),
);
const tags = (
  "html body a abbr address article aside b blockquote button caption code col colgroup datalist dd del details " +
  "dialog div dl dt em fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr i iframe img input ins " +
  "kbd label legend li main mark menu meter nav ol optgroup option output p path picture pre progress q s samp " +
  "section select small span strong sub summary sup svg table tbody td template textarea tfoot th thead time tr " +
  "u ul use video"
).split(" ");
const attributes = (
  "data-bs-theme data-bs-theme-base type role tabindex href class disabled hidden open title list controls " +
  "multiple size dir aria-current aria-expanded aria-selected aria-disabled aria-hidden readonly checked scope " +
  "data-bs-original-title"
).split(" ");

new PurgeCSS()
  .purge({
    content: [{ raw: "", extension: "html" }],
    css: [{ raw: css }],
    safelist: [...classes, ...tags, ...attributes],
    dynamicAttributes: attributes,
    keyframes: false,
    variables: false,
    fontFace: false,
  })
  .then(([result]) => {
    fs.writeFileSync(target, result.css.replace(/\/\*# sourceMappingURL=.*?\*\//g, "").trim() + "\n");
  });
