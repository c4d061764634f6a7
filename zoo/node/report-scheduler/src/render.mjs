/** Renders a report: a table of a few hundred cells as text rows. */
export function render(report, templates) {
  const template = templates.get(report.template);
  return {
    title: `${template.title} #${report.number}`,
    rows: Array.from({ length: 60 }, (_, row) => ({
      label: `${template.columns[row % template.columns.length]} ${report.number}-${row}`,
      value: report.number * row,
    })),
  };
}

export function loadTemplates() {
  const templates = new Map();
  for (let i = 0; i < 4000; i++) {
    templates.set(`template-${i}`, {
      title: `Report of kind ${i}`,
      columns: Array.from({ length: 30 }, (_, c) => `column ${c} of template ${i}`),
      layout: { margins: [10, 10, 20, 20], fonts: [`font-${i % 9}`, `font-${i % 7}`] },
    });
  }
  return templates;
}
