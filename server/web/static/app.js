// Keeps the newest text in view, and sends on Ctrl/Cmd+Enter.
(() => {
  const toEnd = () => {
    const timeline = document.getElementById("timeline");
    if (timeline) timeline.scrollTop = timeline.scrollHeight;
  };
  const nearEnd = () => {
    const timeline = document.getElementById("timeline");
    return timeline && timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight < 120;
  };
  toEnd();
  let follow = true;
  document.addEventListener("htmx:before:swap", () => { follow = nearEnd(); });
  document.addEventListener("htmx:after:swap", () => { if (follow) toEnd(); });
  document.addEventListener("keydown", (event) => {
    if (event.target.id === "body" && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.target.form.requestSubmit();
    }
  });
})();
