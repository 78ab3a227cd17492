/* Keys for the office's list of cases, ES2015. A display setting turns them on, because single letters are a screen reader's
 * own keys. Nothing needs them: every key has a link or a box on the page. */
(() => {
  "use strict";

  const table = document.querySelector("table[data-rows]");
  const help = document.querySelector("details.keys");
  if (!table || !help || document.documentElement.getAttribute("data-keys") !== "on") return;

  const rows = Array.prototype.slice.call(table.querySelectorAll("tbody tr"));
  const link = (row) => row.querySelector("td a");
  const present = () => {
    const focused = rows.filter((row) => row.contains(document.activeElement))[0];
    return rows.indexOf(focused || rows.filter((row) => row.classList.contains("sel"))[0]);
  };
  const go = (step) => {
    const at = present();
    const next = at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1);
    if (rows[next]) link(rows[next]).focus();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const where = event.target;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(where.tagName) && where.type !== "checkbox") return;
    const row = rows[present()];
    const key = event.key.toLowerCase();
    if (key === "j") go(1);
    else if (key === "k") go(-1);
    else if (key === "?") help.open = !help.open;
    else if (key === "x" && row) {
      const tick = row.querySelector("input[type=checkbox]");
      if (!tick) return;
      tick.checked = !tick.checked;
    } else if (key === "o" && row) window.location.href = link(row).href;
    else if (key === "enter" && row && where === link(row)) {
      window.location.href = new URL(row.getAttribute("data-beside"), window.location.href).href;
    } else return;
    event.preventDefault();
  });
})();
