// Keeps the newest text in view, says when the connection is lost, sends on Ctrl/Cmd+Enter,
// and puts a suggestion into the reply box beside what was typed there.
(() => {
  const timeline = () => document.getElementById("timeline");
  const toEnd = () => { if (timeline()) timeline().scrollTop = timeline().scrollHeight; };
  const nearEnd = () => {
    const list = timeline();
    return list && list.scrollHeight - list.scrollTop - list.clientHeight < 120;
  };
  const offline = (lost) => { document.getElementById("offline").hidden = !lost; };
  const put = (words) => {
    const box = document.getElementById("body");
    const typed = box.value === suggested ? "" : box.value.trim();
    suggested = words;
    box.value = typed ? `${typed}\n${words}` : words;
    box.focus();
  };
  let follow = true;
  let suggested = "";

  toEnd();
  document.addEventListener("load", (event) => {
    if (follow && event.target.tagName === "IMG") toEnd();
  }, true);
  document.addEventListener("htmx:before:swap", () => { follow = nearEnd(); });
  document.addEventListener("htmx:after:swap", () => { if (follow) toEnd(); });
  document.addEventListener("htmx:sse:error", () => offline(true));
  document.addEventListener("htmx:sse:after:connection", () => offline(false));
  document.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-use]");
    if (!chosen) return;
    event.preventDefault();
    put(chosen.value);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.id === "body" && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.target.form.requestSubmit();
    }
  });
})();
