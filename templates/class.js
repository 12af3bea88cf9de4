"use strict";
// Sorts and filters the table of submissions. Without this script, the page is still complete.
(() => {
  const table = document.querySelector("table.class");
  if (!table) return;
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows].map((row) => ({ row, text: row.textContent.toLowerCase() }));
  const words = new Intl.Collator(document.documentElement.lang, { numeric: true });

  const value = (row, column) => {
    const cell = row.cells[column];
    return "v" in cell.dataset ? Number(cell.dataset.v) : cell.textContent;
  };
  const compare = (a, b) => (typeof a === "number" ? a - b : words.compare(a, b));

  const sort = (column) => {
    const head = heads[column];
    const direction = head.ariaSort === "ascending" ? -1 : 1;
    for (const other of heads) other.removeAttribute("aria-sort");
    head.ariaSort = direction > 0 ? "ascending" : "descending";
    const keyed = rows.map((entry) => [value(entry.row, column), entry.row]);
    keyed.sort((a, b) => direction * compare(a[0], b[0]));
    body.append(...keyed.map((entry) => entry[1]));
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(column));
    head.append(button);
  });

  const filter = document.getElementById("filter");
  const which = document.getElementById("which");
  const shown = document.getElementById("shown");
  const apply = () => {
    const wanted = filter.value.trim().toLowerCase().split(/\s+/);
    let count = 0;
    for (const { row, text } of rows) {
      const kinds = row.dataset.k.split(" ");
      const fits = (!which.value || kinds.includes(which.value)) && wanted.every((word) => text.includes(word));
      row.hidden = !fits;
      count += fits;
    }
    shown.textContent = shown.dataset.of.replace("{shown}", count).replace("{all}", rows.length);
  };
  filter.addEventListener("input", apply);
  which.addEventListener("change", apply);
  document.querySelector(".tools").hidden = false;
  apply();
})();
