import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { HistoryData } from "./data";
import { quantity } from "./format";

const colors = ["#2f6fde", "#d9480f", "#2b8a3e", "#862e9c", "#c92a2a", "#0b7285", "#5c940d", "#495057"];

/** The growth chart: bytes on the left, counts on the right, captures and restarts as marks. */
export function drawHistory(element: HTMLElement, history: HistoryData): void {
  const series: uPlot.Series[] = [{}];
  for (const [i, s] of history.series.entries()) {
    series.push({
      label: s.name,
      scale: s.unit === "bytes" ? "bytes" : "count",
      stroke: colors[i % colors.length],
      width: s.name === "limit" ? 1 : 2,
      dash: s.name.endsWith("limit") ? [6, 4] : undefined,
      // Signals come at their own pace: a line through the samples there are, not a row of dots.
      spanGaps: true,
      value: (_, v) => (v == null ? "" : quantity(v, s.unit)),
      show: s.unit === "bytes",
    });
  }

  const options: uPlot.Options = {
    width: element.clientWidth,
    height: 320,
    series,
    scales: { bytes: { range: (_, low, high) => [Math.min(0, low), high * 1.05] }, count: {} },
    axes: [
      {},
      { scale: "bytes", size: 80, values: (_, ticks) => ticks.map((t) => quantity(t, "bytes")) },
      { scale: "count", side: 1, grid: { show: false }, values: (_, ticks) => ticks.map((t) => quantity(t, "count")) },
    ],
    hooks: { draw: [(plot) => drawMarks(plot, history)] },
  };
  const plot = new uPlot(options, [history.times, ...history.series.map((s) => s.values)], element);
  new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: 320 })).observe(element);
}

function drawMarks(plot: uPlot, history: HistoryData): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  const mark = (time: number, label: string, color: string, row: number) => {
    const x = plot.valToPos(time, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) return;
    ctx.strokeStyle = ctx.fillStyle = color;
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(label, x + 4 * devicePixelRatio, bbox.top + (12 + row * 13) * devicePixelRatio);
  };
  history.captures.forEach((c, i) => mark(c.time, c.label, "#868e96", i % 3));
  history.restarts.forEach((t) => mark(t, "restart", "#c92a2a", 0));
  ctx.restore();
}
