const ROLES = { THEAD: "rowgroup", TBODY: "rowgroup", TFOOT: "rowgroup", TR: "row", TD: "cell" };

/**
 * On a narrow screen each row of a `.table-cards` is a card (frame.css). For that every cell carries its column's
 * heading, and roles, without which what is laid out otherwise is no table any more to some browsers.
 */
export function labelTables() {
  for (const table of document.querySelectorAll(".table-cards")) {
    const headings = [...table.tHead.rows[0].cells].map(shown);
    table.setAttribute("role", "table");
    for (const part of table.querySelectorAll("thead, tbody, tfoot, tr, td")) part.setAttribute("role", ROLES[part.tagName]);
    for (const cell of table.querySelectorAll("th")) cell.setAttribute("role", `${cell.scope}header`.replace("col", "column"));
    for (const cell of table.querySelectorAll("td")) cell.dataset.label = cell.colSpan > 1 ? "" : headings[cell.cellIndex];
  }
}

/** A heading that only a screen reader says, as over buttons, needs no place on a card. */
function shown(heading) {
  return heading.querySelector(".ds-sr-only") ? "" : heading.textContent.trim();
}
