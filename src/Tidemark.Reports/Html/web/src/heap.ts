import { hierarchy, treemap, treemapSquarify } from "d3-hierarchy";
import type { HeapData, HeapNode } from "./data";
import { bytes, percent, signed } from "./format";

const label = 0;
const type = 1;
const objects = 2;
const shallow = 3;
const retained = 4;
const growth = 5;
const children = 6;

/** The dominator tree as a map whose areas are retained bytes, and as a tree that unfolds. */
export function drawHeap(element: HTMLElement, heap: HeapData): void {
  const map = document.createElement("div");
  map.className = "treemap";
  const where = document.createElement("div");
  where.className = "bar";
  const tree = document.createElement("div");
  tree.className = "tree";
  element.append(where, map, tree);
  showMap(heap, [heap.root], map, where);
  tree.append(...[...heap.root[children]].map((c) => branch(heap, c, heap.root[retained])));
}

function showMap(heap: HeapData, path: HeapNode[], map: HTMLElement, where: HTMLElement): void {
  const root = path[path.length - 1];
  where.replaceChildren(
    ...path.map((node, i) => {
      const crumb = document.createElement("button");
      crumb.textContent = i === 0 ? "whole heap" : node[label] || heap.types[node[type]];
      crumb.onclick = () => showMap(heap, path.slice(0, i + 1), map, where);
      return crumb;
    }),
  );
  const width = map.clientWidth;
  const height = 380;
  map.style.height = `${height}px`;
  const shown = opened(root);
  const top = hierarchy<HeapNode>(root, (n) => (n === root ? shown : []))
    .sum((n) => (n === root ? 0 : n[retained]))
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const tiles = treemap<HeapNode>().size([width, height]).paddingInner(1).tile(treemapSquarify)(top);
  map.replaceChildren(
    ...tiles.leaves().map((leaf) => {
      const node = leaf.data;
      const tile = document.createElement("div");
      tile.className = "tile";
      tile.style.cssText = `left:${leaf.x0}px;top:${leaf.y0}px;width:${leaf.x1 - leaf.x0}px;height:${leaf.y1 - leaf.y0}px;background:${tint(node)}`;
      tile.textContent = leaf.x1 - leaf.x0 > 60 && leaf.y1 - leaf.y0 > 18 ? title(heap, node) : "";
      tile.title = `${title(heap, node)}: ${figures(node, heap.root[retained])}`;
      if (node[children].length > 0) {
        tile.classList.add("opens");
        tile.onclick = () => showMap(heap, [...path, node], map, where);
      }
      return tile;
    }),
  );
}

/**
 * What is worth an area of its own: a loader or an array that holds nearly everything says nothing, so that it gives way to what it
 * holds, until an object has a name (a static field, a thread) or is small beside the rest.
 */
function opened(root: HeapNode): HeapNode[] {
  const shown = [...root[children]];
  for (let rounds = 0; rounds < 40; rounds++) {
    const large = shown.findIndex(
      (n) => n[children].length > 0 && n[retained] > root[retained] / 4 && !/^(static |thread )/.test(n[label]),
    );
    if (large < 0) break;
    const below = shown[large][children];
    if (below.reduce((sum, n) => sum + n[retained], 0) < shown[large][retained] / 2) break;
    shown.splice(large, 1, ...below);
  }
  return shown;
}

/** One row of the tree; its children are made when it is opened, because a tree of thousands would be slow at once. */
function branch(heap: HeapData, node: HeapNode, whole: number): HTMLElement {
  const text = `${title(heap, node)}  ${figures(node, whole)}`;
  if (node[children].length === 0) {
    const leaf = document.createElement("div");
    leaf.className = "leaf";
    leaf.textContent = text;
    return leaf;
  }
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = text;
  details.append(summary);
  details.addEventListener(
    "toggle",
    () => details.append(...node[children].map((c) => branch(heap, c, whole))),
    { once: true },
  );
  return details;
}

function title(heap: HeapData, node: HeapNode): string {
  const name = heap.types[node[type]];
  const count = node[objects] > 1 ? `${node[objects].toLocaleString("en-US")} x ` : "";
  return count + (node[label] && node[label] !== name ? `${node[label]} (${name})` : name);
}

function figures(node: HeapNode, whole: number): string {
  const grew = node[growth];
  return (
    `retains ${bytes(node[retained])}, ${percent(node[retained] / Math.max(1, whole))}; own ${bytes(node[shallow])}` +
    (grew == null ? "" : `; grew by ${signed(grew, "bytes")}`)
  );
}

function tint(node: HeapNode): string {
  const grew = node[growth];
  if (grew == null || grew === 0) return "#d0dcf5";
  const share = Math.max(-1, Math.min(1, grew / Math.max(1, node[retained])));
  return `hsl(${share > 0 ? 8 : 212} 80% ${92 - Math.abs(share) * 32}%)`;
}
