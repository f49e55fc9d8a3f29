// Keys for the list, the number that waits in the title, and the list's filter kept over forms and the way back.
(() => {
  const OFF = "ringback-keys-off";
  const inField = (one) => one.closest?.("input, textarea, select, [contenteditable], dialog");
  const rows = () => [...document.querySelectorAll("#rows a.row")];
  const chosen = () => rows().find((row) => row === document.activeElement)
    || rows().find((row) => row.hasAttribute("aria-current"));
  const dialog = document.getElementById("keys");
  const switched = document.getElementById("use-keys");
  const isOff = () => { try { return localStorage.getItem(OFF) === "1"; } catch { return false; } };

  const move = (step) => {
    const all = rows();
    const place = all.indexOf(chosen());
    const next = place < 0 ? all[0] : all[Math.min(all.length - 1, Math.max(0, place + step))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  const search = () => { const field = document.getElementById("search"); field?.focus(); field?.select(); };
  const help = () => { if (dialog && !dialog.open) { switched.checked = !isOff(); dialog.showModal(); } };
  const keys = { j: () => move(1), k: () => move(-1), "/": search, "?": help };
  const arrows = { ArrowDown: () => move(1), ArrowUp: () => move(-1) };

  const title = () => {
    const waits = Number(document.getElementById("waiting")?.dataset.waiting || 0);
    const base = document.getElementById("main").dataset.title;
    document.title = waits ? `(${waits}) ${base}` : base;
  };
  const keepQuery = () => {
    const query = document.getElementById("rows")?.dataset.query;
    if (query && !location.search) history.replaceState(history.state, "", location.pathname + query);
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || inField(event.target)) return;
    const inList = event.target.closest("#rows a.row");
    const act = (!isOff() && keys[event.key]) || (inList && arrows[event.key]);
    if (!act) return;
    event.preventDefault();
    act();
  });
  document.addEventListener("click", (event) => {
    const back = event.target.closest("a.back");
    if (back && location.search) back.search = location.search;
    if (event.target.closest("#show-keys")) help();
  });
  switched?.addEventListener("change", () => {
    try { localStorage.setItem(OFF, switched.checked ? "0" : "1"); } catch { /* private browsing keeps nothing */ }
  });
  document.addEventListener("htmx:after:swap", title);
  document.getElementById("show-keys")?.removeAttribute("hidden");
  keepQuery();
  title();
})();
