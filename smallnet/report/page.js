"use strict";
(() => {
  // A link into a folded list opens it; some browsers do so by themselves.
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    const folds = [];
    for (let node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS" && !node.open) folds.push(node);
    }
    folds.forEach((fold) => { fold.open = true; });
    if (folds.length) target.scrollIntoView();
  };
  window.addEventListener("hashchange", reveal);
  reveal();

  const island = document.getElementById("groups-data");
  if (!island) return;
  const { columns, rows, words } = JSON.parse(island.textContent);
  const table = document.getElementById("groups-table");
  const head = table.tHead.rows[0];
  const body = table.tBodies[0];
  const search = document.getElementById("groups-search");
  const filters = [...document.querySelectorAll("select[data-column]")];
  const pageSize = 50;
  let shown = rows.map((_, index) => index);
  let page = 0;
  let sortColumn = -1;
  let descending = false;
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const haystack = rows.map((row) =>
    row.map((cell) => (typeof cell === "string" ? cell : "")).join("\n").toLocaleLowerCase());

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);

  const showNumber = (value) => {
    const size = Math.abs(value);
    if (value === 0) return "0";
    if (Number.isInteger(value) || size >= 100) {
      return Math.round(value).toLocaleString("en").replace("-", "−");
    }
    if (size < 1e-4) return value.toExponential(1).replace(/-/g, "−");
    return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(size)))).replace("-", "−");
  };

  const makeCell = (value, column) => {
    const cell = document.createElement("td");
    cell.dataset.label = column.label;
    if (column.kind !== "text") cell.className = column.kind;
    if (value === null) {
      cell.textContent = "–";
    } else if (typeof value === "number") {
      cell.textContent = showNumber(value);
    } else {
      const isolated = document.createElement("bdi");
      const limit = column.kind === "long" ? 1000 : 80;
      const letters = Array.from(value);
      isolated.textContent =
        letters.length > limit ? letters.slice(0, limit - 1).join("") + "…" : value;
      if (letters.length > limit) cell.title = letters.slice(0, 400).join("");
      if (column.kind === "long") {
        const more = document.createElement("details");
        const summary = document.createElement("summary");
        summary.textContent = words.why;
        more.append(summary, isolated);
        cell.append(more);
      } else {
        cell.append(isolated);
      }
    }
    return cell;
  };

  const draw = () => {
    const pages = Math.max(1, Math.ceil(shown.length / pageSize));
    page = Math.min(page, pages - 1);
    const fragment = document.createDocumentFragment();
    for (const index of shown.slice(page * pageSize, (page + 1) * pageSize)) {
      const line = document.createElement("tr");
      rows[index].forEach((value, place) => line.append(makeCell(value, columns[place])));
      fragment.append(line);
    }
    body.replaceChildren(fragment);
    document.getElementById("groups-count").textContent =
      fill(words.shown, { shown: shown.length, all: rows.length });
    document.getElementById("groups-page").textContent =
      fill(words.page, { page: page + 1, pages });
    document.getElementById("groups-previous").disabled = page === 0;
    document.getElementById("groups-next").disabled = page >= pages - 1;
  };

  const compare = (a, b) => {
    const left = rows[a][sortColumn];
    const right = rows[b][sortColumn];
    if (left === null || right === null) {
      return (left === null) - (right === null) || a - b; // the unknown stands last either way
    }
    const order = typeof left === "number" && typeof right === "number"
      ? left - right
      : collator.compare(String(left), String(right));
    return (descending ? -order : order) || a - b;
  };

  const update = () => {
    const wanted = search.value.trim().toLocaleLowerCase();
    shown = [];
    rows.forEach((row, index) => {
      const fits = filters.every((filter) =>
        filter.value === "" || String(row[Number(filter.dataset.column)]) === filter.value);
      if (fits && (wanted === "" || haystack[index].includes(wanted))) shown.push(index);
    });
    if (sortColumn >= 0) shown.sort(compare);
    draw();
  };

  columns.forEach((column, place) => {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.setAttribute("aria-sort", "none");
    if (column.kind === "number") cell.className = "number";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = column.label;
    button.addEventListener("click", () => {
      descending = sortColumn === place ? !descending : column.kind === "number";
      sortColumn = place;
      [...head.cells].forEach((other, index) => other.setAttribute("aria-sort",
        index !== place ? "none" : descending ? "descending" : "ascending"));
      page = 0;
      update();
    });
    cell.append(button);
    head.append(cell);
  });
  search.addEventListener("input", () => { page = 0; update(); });
  filters.forEach((filter) => filter.addEventListener("change", () => { page = 0; update(); }));
  const turn = (step) => () => {
    page += step;
    draw();
    table.scrollIntoView({ block: "start" });
  };
  document.getElementById("groups-previous").addEventListener("click", turn(-1));
  document.getElementById("groups-next").addEventListener("click", turn(1));
  document.getElementById("groups-ui").hidden = false;
  update();
})();

addEventListener("beforeprint", () => {
  document.querySelectorAll("details:not([open])").forEach((part) => {
    part.open = true;
    part.dataset.opened = "";
  });
});
addEventListener("afterprint", () => {
  document.querySelectorAll("details[data-opened]").forEach((part) => {
    part.open = false;
    delete part.dataset.opened;
  });
});
