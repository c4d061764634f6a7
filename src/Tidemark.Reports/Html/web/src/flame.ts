import flamegraph from "d3-flame-graph";
import "../node_modules/d3-flame-graph/dist/d3-flamegraph.css";
import { select } from "d3-selection";
import type { FlameData, FlameNode } from "./data";
import { percent, quantity, signed } from "./format";

/** The form that the flame graph library reads. */
interface Box {
  name: string;
  value: number;
  delta: number;
  file: string;
  function: number;
  children: Box[];
}

/** Below this share of the whole a box is thinner than a pixel. */
const smallest = 0.0005;

/** What is typed is a regular expression; what is none yet, such as a bracket that is still open, stands for itself. */
function pattern(typed: string): string {
  try {
    return new RegExp(typed).source;
  } catch {
    return typed.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  }
}

/** A flame graph with search, zoom, the growth as colour or as width, and callers and callees of one function (sandwich). */
export function drawFlame(element: HTMLElement, flame: FlameData): void {
  const bar = document.createElement("div");
  bar.className = "bar";
  const search = document.createElement("input");
  search.type = "search";
  search.placeholder = "search functions";
  const status = document.createElement("span");
  status.className = "status";
  const canvas = document.createElement("div");
  const sandwich = document.createElement("div");
  sandwich.className = "sandwich";
  bar.append(search);

  const width = element.clientWidth;
  const draw = (into: HTMLElement, root: Box, inverted: boolean) => {
    into.replaceChildren();
    const whole = root.value || 1;
    const chart = flamegraph()
      .width(width)
      .cellHeight(18)
      .minFrameSize(1)
      .transitionDuration(150)
      .inverted(inverted)
      .sort(true)
      .selfValue(false)
      .label((d: { data: Box }) => describe(d.data, whole))
      .onHover((d: { data: Box }) => (status.textContent = describe(d.data, whole)))
      .onClick((d: { data: Box }) => showSandwich(d.data.function));
    if (flame.isDiff) chart.setColorMapper((d: { highlight: boolean; data: Box }) => growthColor(d.highlight, d.data));
    select(into).datum(root).call(chart);
    return chart;
  };

  const describe = (box: Box, whole: number) =>
    `${box.name}${box.file ? ` (${box.file})` : ""}: ${quantity(box.value, flame.unit)}, ${percent(box.value / whole)}` +
    (flame.isDiff ? `, grew by ${signed(box.delta, flame.unit)}` : "");

  let chart = draw(canvas, absolute(flame), false);
  if (flame.isDiff) {
    const mode = document.createElement("select");
    mode.innerHTML = '<option value="growth">growth only</option><option value="now">all, coloured by growth</option>';
    const redraw = () => (chart = draw(canvas, mode.value === "growth" ? grown(flame) : absolute(flame), false));
    mode.onchange = redraw;
    bar.append(mode);
    redraw();
  }
  const reset = document.createElement("button");
  reset.textContent = "reset zoom";
  reset.onclick = () => {
    search.value = "";
    chart.clear();
    chart.resetZoom();
    sandwich.replaceChildren();
  };
  bar.append(reset, status);
  search.oninput = () => (search.value ? chart.search(pattern(search.value)) : chart.clear());
  element.append(bar, canvas, sandwich);

  function showSandwich(fn: number): void {
    sandwich.replaceChildren();
    if (fn < 0) return;
    const title = document.createElement("h4");
    title.textContent = `${flame.functions[fn]}: callers above, callees below`;
    const callers = document.createElement("div");
    const callees = document.createElement("div");
    sandwich.append(title, callers, callees);
    const { up, down } = sides(flame, fn);
    draw(callers, up, false);
    draw(callees, down, true);
  }
}

function box(flame: FlameData, fn: number): Box {
  return {
    name: fn < 0 ? "all" : flame.functions[fn],
    file: fn < 0 ? "" : flame.files[fn],
    value: 0,
    delta: 0,
    function: fn,
    children: [],
  };
}

/** Widths are what is there now. */
function absolute(flame: FlameData): Box {
  const cut = flame.root[1] * smallest;
  const convert = (node: FlameNode): Box => ({
    ...box(flame, node[0]),
    value: node[1],
    delta: node[2],
    children: node[3].filter((c) => c[1] > cut).map(convert),
  });
  return convert(flame.root);
}

/** Widths are what grew; what shrank is left out. */
function grown(flame: FlameData): Box {
  const convert = (node: FlameNode): Box => {
    const children = node[3].map(convert).filter((c) => c.value > 0);
    const below = children.reduce((sum, c) => sum + c.value, 0);
    return { ...box(flame, node[0]), value: Math.max(below, node[2]), delta: node[2], children };
  };
  return convert(flame.root);
}

/** What calls a function and what it calls, over all its occurrences; a recursive one counts where it is outermost. */
function sides(flame: FlameData, fn: number): { up: Box; down: Box } {
  const up = box(flame, fn);
  const down = box(flame, fn);
  const path: number[] = [];
  const visit = (node: FlameNode): void => {
    if (node[0] === fn) {
      addCallees(down, node);
      let at = up;
      add(at, node);
      for (let i = path.length - 1; i >= 0 && path[i] >= 0; i--) {
        at = child(at, path[i]);
        add(at, node);
      }
      return;
    }
    path.push(node[0]);
    node[3].forEach(visit);
    path.pop();
  };
  const add = (into: Box, node: FlameNode): void => {
    into.value += node[1];
    into.delta += node[2];
  };
  const child = (of: Box, name: number): Box => {
    let found = of.children.find((c) => c.function === name);
    if (!found) of.children.push((found = box(flame, name)));
    return found;
  };
  const addCallees = (into: Box, node: FlameNode): void => {
    add(into, node);
    for (const callee of node[3]) addCallees(child(into, callee[0]), callee);
  };
  visit(flame.root);
  return { up, down };
}

/** Red for what grew, blue for what shrank, the stronger the larger its share of itself. */
function growthColor(highlighted: boolean, data: Box): string {
  if (highlighted) return "#e600e6";
  const share = Math.max(-1, Math.min(1, data.delta / Math.max(1, data.value)));
  const light = 92 - Math.abs(share) * 37;
  return share === 0 ? "#dee2e6" : `hsl(${share > 0 ? 8 : 212} 85% ${light}%)`;
}
