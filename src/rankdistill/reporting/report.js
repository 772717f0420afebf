"use strict";

// Rows without a value stay at the end, whichever way the others are sorted.
function compare(a, b, numeric) {
  if (a === null || b === null) return (a === null) - (b === null);
  return numeric ? a - b : a.localeCompare(b, "en", { numeric: true });
}

function valueOf(row, column, numeric) {
  const cell = row.cells[column];
  if (!numeric) return cell.textContent;
  return "number" in cell.dataset ? Number(cell.dataset.number) : null;
}

function sortBy(table, header) {
  const numeric = header.classList.contains("number");
  const up = header.getAttribute("aria-sort") !== "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", up ? "ascending" : "descending");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows, (row) => [valueOf(row, header.cellIndex, numeric), row]);
  rows.sort(([a], [b]) => {
    const order = compare(a, b, numeric);
    return up || a === null || b === null ? order : -order;
  });
  body.append(...rows.map(([, row]) => row));
}

function filter(table, words, output) {
  const rows = Array.from(table.tBodies[0].rows);
  for (const row of rows) {
    const text = Array.from(row.cells, (cell) => cell.textContent).join(" ").toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
  const shown = rows.filter((row) => !row.hidden).length;
  output.textContent = shown === rows.length ? `${shown} rows` : `${shown} of ${rows.length} rows`;
}

for (const section of document.querySelectorAll("details")) {
  const table = section.querySelector("table");
  for (const header of table.tHead.rows[0].cells) {
    header.querySelector("button").addEventListener("click", () => sortBy(table, header));
  }
  const box = section.querySelector("input");
  const output = section.querySelector("output");
  box.addEventListener("input", () => {
    filter(table, box.value.toLowerCase().split(/\s+/).filter(Boolean), output);
  });
}
