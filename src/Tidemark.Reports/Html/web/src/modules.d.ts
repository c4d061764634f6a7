declare module "*.css";

/** The parts of d3-flame-graph that are used here; the package brings no types of its own. */
declare module "d3-flame-graph" {
  interface FlameGraph {
    (selection: unknown): void;
    width(pixels: number): FlameGraph;
    cellHeight(pixels: number): FlameGraph;
    minFrameSize(pixels: number): FlameGraph;
    transitionDuration(milliseconds: number): FlameGraph;
    inverted(rootAtTop: boolean): FlameGraph;
    sort(largestFirst: boolean): FlameGraph;
    selfValue(valuesAreOwn: boolean): FlameGraph;
    label(text: (node: any) => string): FlameGraph;
    onHover(handler: (node: any) => void): FlameGraph;
    onClick(handler: (node: any) => void): FlameGraph;
    setColorMapper(color: (node: any, original: string) => string): FlameGraph;
    search(term: string): void;
    clear(): void;
    resetZoom(): void;
  }
  export default function flamegraph(): FlameGraph;
}
