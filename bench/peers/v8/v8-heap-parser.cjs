// Loads a snapshot with @vscode/v8-heap-parser and prints its largest classes, or all of them: name, objects, own bytes, retained bytes.
const { readFileSync } = require('node:fs');
const { decode_bytes } = require('@vscode/v8-heap-parser');

const [file, all] = process.argv.slice(2);
const graph = decode_bytes(readFileSync(file));
for (const group of graph.get_class_groups(0, all ? 1_000_000 : 10, false)) {
  console.log([group.name(), group.children_len, group.self_size, group.retained_size].join('\t'));
}
