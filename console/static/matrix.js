// The access matrix: changes are staged, on all its pages, until they are saved
// or discarded, and cells are reached by arrow keys. The form works without this.
"use strict";
(() => {
  const kept = "rolecall-matrix " + location.pathname;
  const staged = new Map(Object.entries(JSON.parse(sessionStorage.getItem(kept) || "{}")));
  let form, grid = [];

  // wire takes hold of a matrix that has come onto the page.
  function wire() {
    const found = document.querySelector("[data-matrix]");
    if (!found || found === form) return;
    form = found;
    const roles = [...form.querySelectorAll("thead th[data-id]")];
    grid = [[...roles.map(th => th.querySelector("a"))]];
    grid[0].unshift(null);
    for (const head of form.querySelectorAll("tbody th[data-id]")) {
      const boxes = [...head.parentElement.querySelectorAll("input")];
      boxes.forEach((box, i) => {
        box.dataset.pair = roles[i].dataset.id + "\t" + head.dataset.id;
        const on = staged.get(box.dataset.pair);
        if (on !== undefined) box.checked = on;
      });
      grid.push([head.querySelector("a"), ...boxes]);
    }
    for (const one of grid.flat()) if (one) one.tabIndex = -1;
    const first = grid.slice(1).flat().find(one => one?.type === "checkbox" && !one.disabled) || grid.flat().find(one => one);
    if (first) first.tabIndex = 0;
    for (const box of form.querySelectorAll("input[data-pair]")) note(box);
    tell();
  }

  // note stages what a box says, if that is not what is saved.
  function note(box) {
    if (box.checked === box.defaultChecked) staged.delete(box.dataset.pair);
    else staged.set(box.dataset.pair, box.checked);
    box.parentElement.classList.toggle("changed", box.checked !== box.defaultChecked);
  }

  function tell() {
    if (staged.size) sessionStorage.setItem(kept, JSON.stringify(Object.fromEntries(staged)));
    else sessionStorage.removeItem(kept);
    const gives = [...staged.values()].filter(on => on).length, takes = staged.size - gives;
    const text = staged.size
      ? `${staged.size} ${staged.size === 1 ? "change" : "changes"} staged: ${gives} to grant, ${takes} to revoke.`
      : "Nothing is staged. Arrow keys move, space grants or revokes.";
    const status = form.querySelector("[data-staged]");
    if (status.textContent !== text) status.textContent = text;
    form.querySelector("[data-discard]").hidden = !staged.size;
    const save = form.querySelector("[data-save]");
    if (save) save.disabled = !staged.size;
  }

  document.addEventListener("change", event => {
    if (!event.target.dataset.pair) return;
    note(event.target);
    tell();
  });
  document.addEventListener("click", event => {
    if (!event.target.closest("[data-discard]")) return;
    staged.clear();
    for (const box of form.querySelectorAll("input[data-pair]")) { box.checked = box.defaultChecked; note(box); }
    tell();
  });

  // The form sends what is staged, on this page or another, and no boxes.
  document.addEventListener("formdata", event => {
    if (event.target !== form) return;
    for (const name of ["c", "was", "role", "permission"]) event.formData.delete(name);
    for (const [pair, on] of staged) event.formData.append(on ? "give" : "take", pair);
  });
  document.addEventListener("submit", event => {
    if (event.submitter?.name === "confirm" && event.target.querySelector("[name=give], [name=take]")) sessionStorage.removeItem(kept);
  }, true);

  // Arrow keys move in the grid; only one of its places takes part in Tab.
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-10, 0], PageDown: [10, 0], Home: [0, -1000], End: [0, 1000] };
  document.addEventListener("keydown", event => {
    const move = moves[event.key];
    if (!move || event.altKey || event.metaKey || event.shiftKey || !form?.contains(event.target)) return;
    const row = grid.findIndex(r => r.includes(event.target));
    if (row < 0) return;
    event.preventDefault();
    const far = event.ctrlKey ? 1000 : 1, column = grid[row].indexOf(event.target);
    const down = Math.sign(move[0]), right = Math.sign(move[1]);
    let to, y = row, x = column;
    for (let left = Math.max(Math.abs(move[0]), Math.abs(move[1])) * far; left > 0; left--) {
      y += down; x += right;
      if (y < 0 || x < 0 || y >= grid.length || x >= grid[y].length) break;
      if (grid[y][x] && !grid[y][x].disabled) to = grid[y][x];
    }
    if (to) focus(to);
  });
  document.addEventListener("focusin", event => { if (form?.contains(event.target) && grid.some(r => r.includes(event.target))) rove(event.target); });
  function rove(to) {
    for (const one of grid.flat()) if (one && one.tabIndex === 0) one.tabIndex = -1;
    to.tabIndex = 0;
  }
  function focus(to) {
    to.focus({ preventScroll: true });
    to.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  new MutationObserver(wire).observe(document.querySelector("main"), { childList: true });
  wire();
})();
