// Loads a snapshot with @vscode/v8-heap-parser and prints its largest classes.
const { readFileSync } = require('node:fs');
const { decode_bytes } = require('@vscode/v8-heap-parser');

const graph = decode_bytes(readFileSync(process.argv[2]));
for (const group of graph.get_class_groups(0, 10, false)) {
  console.log(group.name(), group.children_len, group.self_size, group.retained_size);
}
