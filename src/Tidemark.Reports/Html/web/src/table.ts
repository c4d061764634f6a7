/** Makes a table sortable by a click on its heads and gives it a search field; numbers sort by their data-value. */
export function enhanceTable(table: HTMLTableElement): void {
  const body = table.tBodies[0];
  const heads = [...(table.tHead?.rows[0].cells ?? [])];
  heads.forEach((head, column) => {
    head.tabIndex = 0;
    head.onclick = () => {
      const down = head.dataset.sorted !== "down";
      heads.forEach((h) => delete h.dataset.sorted);
      head.dataset.sorted = down ? "down" : "up";
      const rows = [...body.rows].sort((a, b) => compare(a.cells[column], b.cells[column]) * (down ? -1 : 1));
      body.append(...rows);
    };
    head.onkeydown = (e) => e.key === "Enter" && head.click();
  });
  if (body.rows.length > 15) {
    const search = document.createElement("input");
    search.type = "search";
    search.placeholder = "filter";
    search.oninput = () => {
      const wanted = search.value.toLowerCase();
      for (const row of body.rows) row.hidden = !row.textContent!.toLowerCase().includes(wanted);
    };
    table.before(search);
  }
}

function compare(a: HTMLTableCellElement, b: HTMLTableCellElement): number {
  const x = a.dataset.value;
  const y = b.dataset.value;
  return x !== undefined && y !== undefined ? Number(x) - Number(y) : a.textContent!.localeCompare(b.textContent!);
}
