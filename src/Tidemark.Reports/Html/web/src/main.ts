import { drawHistory } from "./chart";
import { readData } from "./data";
import { drawFlame } from "./flame";
import { drawHeap } from "./heap";
import "./page.css";
import { enhanceTable } from "./table";

const data = readData();
const views = document.querySelectorAll<HTMLElement>("[data-view]");
for (const view of views) {
  const number = Number(view.dataset.number ?? 0);
  if (view.dataset.view === "history" && data.history) drawHistory(view, data.history);
  if (view.dataset.view === "flame" && data.flames[number]) drawFlame(view, data.flames[number]);
  if (view.dataset.view === "heap" && data.heaps[number]) drawHeap(view, data.heaps[number]);
}
document.querySelectorAll<HTMLTableElement>("table.sortable").forEach(enhanceTable);
