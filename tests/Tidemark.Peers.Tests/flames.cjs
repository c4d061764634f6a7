// Opens a report as a browser does and uses its flame graph: flames.cjs JSDOM REPORT FUNCTION. Prints what is seen, as JSON.
const { readFileSync } = require("node:fs");
const [library, report, wanted] = process.argv.slice(2);
const { JSDOM, VirtualConsole } = require(library);

const errors = [];
const virtualConsole = new VirtualConsole();
virtualConsole.on("jsdomError", (e) => errors.push(String(e.detail ?? e)));
const { window } = new JSDOM(readFileSync(report, "utf8"), {
  runScripts: "dangerously",
  pretendToBeVisual: true,
  virtualConsole,
  beforeParse(page) {
    // Nothing is laid out here: a page has this width.
    Object.defineProperty(page.HTMLElement.prototype, "clientWidth", { get: () => 1200 });
    page.scrollTo = () => {};
    page.matchMedia = () => ({ addEventListener() {}, removeEventListener() {} });
  },
});
const { document } = window;
const view = document.querySelector('[data-view="flame"]');
const boxes = (element) =>
  [...element.querySelectorAll("g.frame")].map((g) => {
    const box = g.__data__;
    return {
      name: box.data.name,
      value: box.data.value,
      delta: box.data.delta,
      width: box.x1 - box.x0,
      faded: g.classList.contains("fade"),
      label: g.querySelector("title").textContent,
      colour: g.querySelector("rect").getAttribute("fill"),
    };
  });
const canvas = view.children[1];
const sandwich = view.querySelector(".sandwich");
const find = (name) => [...canvas.querySelectorAll("g.frame")].find((g) => g.__data__.data.name === name);
const type = (text) => {
  const input = view.querySelector("input[type=search]");
  input.value = text;
  input.dispatchEvent(new window.Event("input"));
};
const mode = view.querySelector("select");
const choose = (value) => {
  mode.value = value;
  mode.dispatchEvent(new window.Event("change"));
};

const seen = { modes: mode ? [...mode.options].map((o) => o.value) : [], first: boxes(canvas) };
if (mode) choose("now");
seen.all = boxes(canvas);
type(wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
seen.found = boxes(canvas).filter((b) => b.colour.toLowerCase() === "#e600e6").map((b) => b.name);
type("("); // a pattern that is not finished yet
type("");
seen.foundAfterwards = boxes(canvas).filter((b) => b.colour.toLowerCase() === "#e600e6").length;
find(wanted).dispatchEvent(new window.MouseEvent("click", { bubbles: true }));
seen.zoomed = boxes(canvas);
seen.sandwich = {
  title: sandwich.querySelector("h4").textContent,
  callers: boxes(sandwich.children[1]),
  callees: boxes(sandwich.children[2]),
};
view.querySelector("button").click();
seen.reset = boxes(canvas);
seen.sandwichAfterwards = sandwich.children.length;
seen.requests = [...document.querySelectorAll("script[src], link[href], img[src]")].length;
seen.errors = errors;
process.stdout.write(JSON.stringify(seen), () => process.exit(0));
