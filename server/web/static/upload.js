// Sends chosen or dropped documents one after another and shows how far each one is.
(() => {
  const form = document.getElementById("upload");
  if (!form) return;
  const rows = document.getElementById("uploads");
  const said = document.getElementById("upload-said");
  const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`);
  let turn = Promise.resolve();

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
      sent: (part) => { bar.value = part; },
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

  const send = (file, line) => new Promise((done) => {
    if (file.size > Number(form.dataset.most)) {
      line.end(`${file.name}: ${form.dataset.tooLarge}`, false);
      done();
      return;
    }
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("csrf", form.elements.csrf.value);
    body.append("documents", file);
    said.textContent = `${file.name}: uploading`;
    request.upload.addEventListener("progress", (event) => {
      line.sent(event.loaded / event.total);
      line.show(`${size(event.loaded)} of ${size(event.total)} uploaded`);
    });
    request.upload.addEventListener("load", () => {
      line.unknown();
      line.show("reading and indexing...");
      said.textContent = `${file.name}: reading and indexing`;
    });
    request.addEventListener("load", () => {
      if (request.getResponseHeader("HX-Redirect")) location.assign("/login");
      const [words, taken] = outcome(request, file.name);
      line.end(words, taken);
      if (taken) document.getElementById("documents").dispatchEvent(new Event("uploaded"));
      done();
    });
    request.addEventListener("error", () => {
      line.end(`${file.name}: could not be sent. Check the connection, and that it is a file and not a folder; then add it again.`, false);
      done();
    });
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("HX-Request", "true");
    request.send(body);
  });

  const add = (files) => {
    for (const file of files) {
      const line = row(file.name);
      turn = turn.then(() => send(file, line));
    }
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
