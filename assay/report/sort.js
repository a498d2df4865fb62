"use strict";
// Pressing a head sorts its table; `#sort=score` or `#sort=score,down` in the address sorts it on opening.
const words = new Intl.Collator("en", { numeric: true });

function value(row, column) {
  const cell = row.cells[column];
  return cell.dataset.value ?? cell.textContent.trim();
}

// Empty cells stay last either way: who has no score has neither the best nor the worst one.
function compare(a, b, down) {
  if (a === "" || b === "") return (a === "") - (b === "");
  const [x, y] = [Number(a), Number(b)];
  const order = Number.isNaN(x) || Number.isNaN(y) ? words.compare(a, b) : x - y;
  return down ? -order : order;
}

function sort(table, head, down) {
  const column = head.cellIndex;
  const body = table.tBodies[0];
  const rows = [...body.rows].sort((a, b) => compare(value(a, column), value(b, column), down));
  body.append(...rows);
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
}

const [, wanted, direction] = location.hash.match(/^#sort=([\w-]+)(?:,(down))?$/) ?? [];
for (const table of document.querySelectorAll("table.sortable")) {
  for (const head of table.tHead.rows[0].cells) {
    if (!head.dataset.column) continue;
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(table, head, head.getAttribute("aria-sort") === "ascending"));
    if (head.dataset.column === wanted) sort(table, head, direction === "down");
  }
}
