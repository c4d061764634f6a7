/** What the page carries for its interactive parts; written by PageData.cs. */
export interface PageData {
  history?: HistoryData;
  flames: FlameData[];
  heaps: HeapData[];
}

export interface HistoryData {
  /** Seconds since 1970. */
  times: number[];
  series: { name: string; unit: string; values: (number | null)[] }[];
  captures: { time: number; label: string }[];
  restarts: number[];
}

export interface FlameData {
  title: string;
  unit: string;
  /** Function names; a node names its own by number. */
  functions: string[];
  /** Where each function is defined, as far as known. */
  files: string[];
  root: FlameNode;
  /** True where the deltas say how each node grew since an earlier capture. */
  isDiff: boolean;
}

/** [function, value now, growth, callees] */
export type FlameNode = [number, number, number, FlameNode[]];

export interface HeapData {
  title: string;
  types: string[];
  root: HeapNode;
}

/** [label, type, objects, shallow bytes, retained bytes, growth of the retained bytes (null for a single capture), children] */
export type HeapNode = [string, number, number, number, number, number | null, HeapNode[]];

export function readData(): PageData {
  const text = document.getElementById("tidemark-data")?.textContent;
  return text ? JSON.parse(text) : { flames: [], heaps: [] };
}
