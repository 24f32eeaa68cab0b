// Pages work without this file. It opens forms and questions in a dialog,
// searches while one types, and adds keys. It loads nothing from elsewhere.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const dialog = document.getElementById("dialog");
  const parse = text => new DOMParser().parseFromString(text, "text/html");
  const goTo = url => { location.href === new URL(url, location).href ? location.reload() : location.assign(url); };

  // ask sends a request and shows the main part of the answer in the dialog.
  async function ask(url, options = {}) {
    const answer = await fetch(url, { ...options, headers: { "Rolecall-Dialog": "1", ...options.headers } });
    const to = answer.headers.get("Rolecall-Location");
    if (to) return goTo(to);
    if (answer.redirected && !answer.url.startsWith(new URL(url, location).href)) return goTo(answer.url);
    show(parse(await answer.text()).querySelector("main"), answer.url);
  }
  function show(main, url) {
    if (!main || !dialog) return location.assign(url);
    dialog.replaceChildren(...main.childNodes);
    dialog.dataset.url = url;
    for (const form of dialog.querySelectorAll("form:not([action])")) form.action = url;
    dialog.setAttribute("aria-label", dialog.querySelector("h1")?.textContent || "");
    enrich(dialog);
    if (!dialog.open) dialog.showModal();
    dialog.querySelector("[autofocus], input:not([type=hidden]):not([type=checkbox]), .buttons button")?.focus();
  }

  document.addEventListener("click", event => {
    const link = event.target.closest("a[data-dialog]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      ask(link.href).catch(() => location.assign(link.href));
    }
    if (event.target.closest("dialog [data-cancel]")) { event.preventDefault(); dialog.close(); }
    if (event.target === dialog) dialog.close();
    if (event.target.closest("[aria-disabled=true]")) event.preventDefault();
    const copy = event.target.closest("[data-copies]");
    if (copy) navigator.clipboard.writeText(copy.parentElement.querySelector("pre").textContent)
      .then(() => { copy.textContent = "Copied"; });
  });
  dialog?.addEventListener("close", () => { if (dialog.dataset.stale) location.reload(); });

  const busy = new WeakSet();
  document.addEventListener("submit", event => {
    const form = event.target, button = event.submitter;
    if (button?.getAttribute("formmethod") === "get") { // a form for what is chosen in a list
      event.preventDefault();
      const url = new URL(button.formAction);
      url.search = new URLSearchParams(new FormData(form)).toString();
      ask(url).catch(() => location.assign(url));
      return;
    }
    if (form.method !== "post" || !(form.closest("dialog") || form.hasAttribute("data-dialog"))) return;
    event.preventDefault();
    if (busy.has(form)) return; // not by disabling the button: then it would lose the focus, which comes back to it
    busy.add(form);
    const body = new URLSearchParams(new FormData(form, button));
    ask(button?.getAttribute("formaction") || form.action, { method: "POST", body })
      .catch(() => form.submit())
      .finally(() => busy.delete(form));
  });

  // The bar below a table says how many of its rows are chosen.
  document.addEventListener("change", event => {
    const bar = event.target.form, said = bar?.matches(".bulk") && bar.querySelector("output");
    if (!said) return;
    const boxes = [...bar.elements].filter(box => box.name === "id"), chosen = boxes.filter(box => box.checked).length;
    said.textContent = bar.elements.all.checked ? "" : chosen ? chosen + " chosen" : "";
  });

  // A form with data-live shows what it finds while one types.
  let waiting, latest = 0, picked = 0;
  document.addEventListener("input", event => {
    const form = event.target.closest("form[data-live]");
    if (form) {
      clearTimeout(waiting);
      waiting = setTimeout(() => live(form), 180);
    }
    if (event.target.dataset.pick) pick(event.target);
  });
  async function live(form) {
    const turn = ++latest, url = new URL(form.getAttribute("action") || location.pathname, location);
    for (const [name, value] of new FormData(form)) if (value) url.searchParams.append(name, value);
    const answer = await fetch(url, { headers: { "Rolecall-Dialog": "1" } });
    if (turn !== latest || !answer.ok) return;
    const found = parse(await answer.text()), scope = form.closest("dialog") || document;
    for (const part of [...found.querySelectorAll("#results, [data-result]")]) {
      const selector = part.id ? "#" + part.id : `[data-result="${part.dataset.result}"]`;
      scope.querySelector(selector)?.replaceWith(part);
    }
    enrich(scope);
    if (scope === document) history.replaceState(null, "", url);
  }

  // An input with data-pick suggests records of a kind.
  async function pick(input) {
    const turn = ++picked, url = new URL(input.dataset.pick, location);
    url.searchParams.set("q", input.value);
    const answer = await fetch(url, { headers: { "Rolecall-Dialog": "1" } });
    if (turn !== picked || !answer.ok) return;
    const options = parse(await answer.text()).querySelectorAll("#results option");
    input.list?.replaceChildren(...options);
  }

  // enrich adds what only a script can do.
  function enrich(within) {
    for (const pre of within.querySelectorAll("pre[data-copy]:not([data-done])")) {
      pre.dataset.done = "1";
      const button = Object.assign(document.createElement("button"), { type: "button", className: "button tiny", textContent: "Copy" });
      button.dataset.copies = "1";
      pre.after(button);
    }
    for (const all of within.querySelectorAll("input[data-all]")) {
      all.hidden = false;
      all.onchange = () => { for (const box of all.closest("table").querySelectorAll("tbody input[name=id]")) box.checked = all.checked; };
    }
  }
  enrich(document);

  // Keys: Ctrl-K searches, / filters, ? shows them all, g and a letter goes.
  let gone = 0;
  const typing = at => at.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
  document.addEventListener("keydown", event => {
    // A key that opened a question and is still held doesn't answer it.
    if (event.repeat && event.key === "Enter" && event.target.closest?.("dialog") && !event.target.matches("textarea")) return event.preventDefault();
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      const form = document.querySelector(".find");
      if (form) ask(form.action).catch(() => form.querySelector("input").focus());
      return;
    }
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || dialog?.open) return;
    if (event.key === "?") {
      const help = document.querySelector("[data-help]");
      if (help) { event.preventDefault(); ask(help.href); }
    } else if (event.key === "/") {
      const box = document.querySelector("main [type=search]") || document.querySelector(".find input");
      if (box) { event.preventDefault(); box.focus(); }
    } else if (event.key === "n") {
      const make = document.querySelector(".head a.primary");
      if (make) { event.preventDefault(); make.click(); }
    } else if (event.key === "g") {
      gone = Date.now();
    } else if (Date.now() - gone < 1200) {
      const link = document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); link.click(); }
    }
  });
})();
