// One conversation: who else is here, the seconds in which a text can be taken back, replies by name, keys, menus that close.
(() => {
  const EVERY_MS = 5000;
  const TYPED_MS = 5000;
  const form = () => document.getElementById("composer");
  const here = document.getElementById("here");
  const box = document.getElementById("body");
  let typedAt = 0;

  const value = (name) => (form() && form().elements[name] ? form().elements[name].value : "");
  const mode = (wanted) => {
    const choice = document.querySelector(`#composer input[name="mode"][value="${wanted}"]`);
    if (!choice || choice.disabled) return;
    choice.checked = true;
    box.focus();
  };

  const tell = async () => {
    if (!here || document.hidden) return;
    const said = new FormData();
    said.set("csrf", value("csrf"));
    said.set("shown", value("shown") || value("opened") || "0");
    const writes = Date.now() - typedAt < TYPED_MS && document.querySelector('#composer input[value="reply"]:checked');
    if (writes) said.set("types", "true");
    try {
      const answer = await fetch(here.dataset.here, { method: "POST", body: said, redirect: "error" });
      if (!answer.ok) return;
      const words = (await answer.text()).trim();
      if (words !== here.dataset.last) {
        here.dataset.last = words;
        here.innerHTML = words;
      }
    } catch { /* the live stream says when the connection is lost */ }
  };

  const countDown = () => {
    for (const one of document.querySelectorAll("[data-seconds]")) {
      const until = one.until ?? (one.until = Date.now() + Number(one.dataset.seconds) * 1000);
      const left = Math.ceil((until - Date.now()) / 1000);
      const words = `${Math.max(left, 0)} s`;
      if (one.textContent !== words) one.textContent = words;
      if (left <= 0) one.closest("button").hidden = true;
    }
  };

  const filter = (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    for (const one of document.querySelectorAll("[data-name]")) {
      one.hidden = !one.dataset.name.toLowerCase().includes(wanted);
    }
  };

  const closeMenus = (besides) => {
    for (const one of document.querySelectorAll("details.menu[open]")) {
      if (one !== besides) one.open = false;
    }
  };

  if (matchMedia("(max-width: 800px)").matches) {
    for (const one of document.querySelectorAll("details.summary, details.owed-box:not(:has(.proposes))")) one.open = false;
  }
  const names = document.getElementById("canned-filter");
  if (names) {
    names.hidden = false;
    names.addEventListener("input", filter);
    names.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      document.querySelector("[data-name]:not([hidden])")?.click();
    });
  }
  const firstNew = document.getElementById("new");
  if (firstNew) firstNew.scrollIntoView({ block: "center" });

  document.addEventListener("input", (event) => { if (event.target === box) typedAt = Date.now(); });
  document.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-use]");
    closeMenus(chosen ? null : event.target.closest("details.menu"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = document.querySelector("details.menu[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
      return;
    }
    if (event.key === "Enter" && event.target.name === "mode") {
      event.preventDefault();  // would press the first button of the form, which is Undo
      box.focus();
      return;
    }
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !box) return;
    if (event.key === "r" || event.key === "n") {
      event.preventDefault();
      mode(event.key === "r" ? "reply" : "note");
    }
  });
  document.addEventListener("visibilitychange", tell);
  if (here) {
    tell();
    setInterval(tell, EVERY_MS);
    setInterval(countDown, 250);
  }
})();
