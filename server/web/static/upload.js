// Sends chosen or dropped documents one after another and shows how far each one is.
(() => {
  const form = document.getElementById("upload");
  if (!form) return;
  const rows = document.getElementById("uploads");
  const said = document.getElementById("upload-said");
  const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`);
  const POLL_MS = 400;
  let turn = Promise.resolve();
  let refused = 0;
  let staged = 0;

  form.classList.add("ready");
  form.querySelectorAll(".scripted").forEach((one) => { one.hidden = false; });
  form.querySelectorAll(".unscripted").forEach((one) => { one.hidden = true; });

  const made = (tag, name) => Object.assign(document.createElement(tag), { className: name });

  const row = (name) => {
    const item = made("li", "waiting");
    const words = made("span", "words");
    const bar = made("progress", "");
    item.dataset.testid = "outcome";
    words.textContent = `${name}: waiting`;
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", name);
    item.append(words, bar);
    rows.append(item);
    return {
      show: (state) => { words.textContent = `${name}: ${state}`; },
      sent: (share) => { bar.value = share; },
      isOpen: () => bar.isConnected,
      unknown: () => bar.removeAttribute("value"),
      end: (text, taken) => {
        item.className = taken ? "taken" : "refused";
        words.textContent = text;
        bar.remove();
        said.textContent = text;
      },
    };
  };

  const outcome = (request, name) => {
    let answer = null;
    try { answer = JSON.parse(request.responseText); } catch { /* a proxy's page */ }
    if (answer?.outcomes?.length) return [answer.outcomes[0].words, answer.outcomes[0].is_taken];
    if (answer?.detail) return [`${name}: ${answer.detail}`, false];
    return [`${name}: no clear answer from the server. It may still be reading it; reload this page in a minute.`, false];
  };

  // What the server is doing with this file, until the returned function is called.
  const follow = (key, line) => {
    const ask = async () => {
      try {
        const { words, share } = await (await fetch(`${form.action}/progress?upload=${key}`)).json();
        if (!words || !line.isOpen()) return;
        line.show(`${words}...`);
        if (share !== null) line.sent(share);
      } catch { /* the upload itself says what is wrong */ }
    };
    const timer = setInterval(ask, POLL_MS);
    return () => clearInterval(timer);
  };

  const send = (file, line, look) => new Promise((done) => {
    const key = Math.random().toString(36).slice(2);
    let rest = () => {};
    if (file.size > Number(form.dataset.most)) {
      line.end(`${file.name}: ${form.dataset.tooLarge}`, false);
      refused += 1;
      done();
      return;
    }
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("csrf", form.elements.csrf.value);
    if (look) body.append("look", "1");
    body.append("documents", file);
    said.textContent = `${file.name}: uploading`;
    request.upload.addEventListener("progress", (event) => {
      line.sent(event.loaded / event.total);
      line.show(`${size(event.loaded)} of ${size(event.total)} uploaded`);
    });
    request.upload.addEventListener("load", () => {
      line.unknown();
      line.show("reading...");
      said.textContent = `${file.name}: reading and indexing`;
      rest = follow(key, line);
    });
    request.addEventListener("load", () => {
      rest();
      if (request.getResponseHeader("HX-Redirect")) location.assign("/login");
      const [words, taken] = outcome(request, file.name);
      line.end(words, taken);
      if (!taken) refused += 1;
      else if (look) staged += 1;
      if (taken) document.getElementById("documents").dispatchEvent(new Event("uploaded"));
      done();
    });
    request.addEventListener("error", () => {
      rest();
      refused += 1;
      line.end(`${file.name}: could not be sent. Check the connection, and that it is a file and not a folder; then add it again.`, false);
      done();
    });
    request.open("POST", `${form.action}?upload=${key}`);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("HX-Request", "true");
    request.send(body);
  });

  const add = (files) => {
    const look = form.elements.look.checked;
    for (const file of files) {
      const line = row(file.name);
      turn = turn.then(() => send(file, line, look));
    }
    const last = turn;
    last.then(() => {
      if (turn === last && staged && !refused) location.assign(`${form.action}/draft`);
    });
  };

  form.elements.documents.addEventListener("change", (event) => {
    add([...event.target.files]);
    event.target.value = "";
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  const drop = form.querySelector(".drop");
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    add([...event.dataTransfer.files]);
  });
})();
