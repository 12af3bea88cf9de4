"use strict";
// Sorts, filters and walks through the table of submissions. Without this script, the page is still complete.
(() => {
  const table = document.querySelector("table.class");
  if (!table) return;
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows].map((row) => ({
    row, text: `${row.textContent} ${row.dataset.t}`.toLowerCase(), ids: row.dataset.t.split(" "), kinds: row.dataset.k.split(" "),
  }));
  const words = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const filter = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const chips = [...document.querySelectorAll("[data-show]")];
  // what the address holds after "#": which rows, which words, which order
  const state = { show: "lost", find: "", sort: "" };

  const value = (row, column) => {
    const cell = row.cells[column];
    return "v" in cell.dataset ? Number(cell.dataset.v) : cell.textContent;
  };
  const compare = (a, b) => (typeof a === "number" ? a - b : words.compare(a, b));

  const order = () => {
    const [column, way] = state.sort.split(".").map(Number);
    for (const head of heads) head.removeAttribute("aria-sort");
    if (!state.sort || !heads[column]) return;
    heads[column].ariaSort = way > 0 ? "ascending" : "descending";
    const keyed = rows.map((entry) => [value(entry.row, column), entry.row]);
    keyed.sort((a, b) => way * compare(a[0], b[0]));
    body.append(...keyed.map((entry) => entry[1]));
  };
  const apply = () => {
    const wanted = state.find.trim().toLowerCase().split(/\s+/);
    let count = 0;
    for (const { row, text, ids, kinds } of rows) {
      // "=id" is that mistake and no other whose name holds it
      const holds = (word) => word[0] === "=" ? ids.includes(word.slice(1)) : text.includes(word);
      const fits = (!state.show || kinds.includes(state.show)) && wanted.every(holds);
      row.hidden = !fits;
      count += fits;
    }
    shown.textContent = shown.dataset.of.replace("{shown}", count).replace("{all}", rows.length);
    for (const chip of chips) chip.ariaPressed = String(chip.dataset.show === state.show && !state.find.trim());
  };
  const keep = () => history.replaceState(null, "", `#${new URLSearchParams(state)}`);
  const change = (changes) => {
    Object.assign(state, changes);
    apply();
    keep();
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => {
      change({ sort: `${column}.${head.ariaSort === "ascending" ? -1 : 1}` });
      order();
    });
    head.append(button);
  });
  // what is looked for is looked for among all
  filter.addEventListener("input", () => change({ find: filter.value, show: "" }));
  filter.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    filter.value = "";
    change({ find: "" });
    filter.blur();
  });
  const look = (changes) => {
    filter.value = changes.find ?? "";
    change({ find: "", ...changes });
    document.getElementById("submissions").scrollIntoView();
  };
  for (const chip of chips) {
    chip.addEventListener("click", () => look({ show: chip.dataset.show }));
  }
  for (const button of document.querySelectorAll("[data-find]")) {
    button.addEventListener("click", () => look({ show: "", find: button.dataset.find }));
  }

  const links = () => rows.map((entry) => entry.row).filter((row) => !row.hidden)
    .sort((a, b) => a.rowIndex - b.rowIndex).map((row) => row.querySelector("a"));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
    if (event.key === "/") {
      event.preventDefault();
      filter.focus();
    } else if (event.key === "j" || event.key === "k") {
      const all = links();
      const at = all.indexOf(document.activeElement);
      const next = at < 0 ? 0 : at + (event.key === "j" ? 1 : -1);
      all[next]?.focus();
    }
  });

  const read = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    for (const name of Object.keys(state)) if (given.has(name)) state[name] = given.get(name);
    filter.value = state.find;
    order();
    apply();
  };
  window.addEventListener("hashchange", read);
  for (const part of document.querySelectorAll(".scripted")) part.hidden = false;
  read();
})();
