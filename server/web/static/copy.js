// Buttons that copy what stands beside them.
(() => {
  const said = document.getElementById("copied");

  const copy = async (shown) => {
    try {
      await navigator.clipboard.writeText(shown.textContent);
    } catch { // without https there is no clipboard: mark it, the browser's own copy works
      getSelection().selectAllChildren(shown);
      if (!document.execCommand("copy")) return false;
    }
    return true;
  };

  document.querySelectorAll("[data-copy]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const done = await copy(document.getElementById(button.dataset.copy));
      button.textContent = done ? "Copied" : "Marked";
      said.textContent = done ? `${button.getAttribute("aria-label")}: done` : "Marked: copy it with your own menu.";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  });
})();
