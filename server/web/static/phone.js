/* The two phones: draws what the carrier reports, sends what the hands do. */

const FINISHED = new Set(["completed", "busy", "no-answer", "canceled", "failed"]);
const LINGER_MS = 3500;
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

const $ = (id) => document.getElementById(id);
const business = $("business");
const shown = new Map(); // sid of a message or call -> its element in a thread
const calls = new Map(); // sid -> call, top-level calls and staff legs alike
const names = new Map(); // phone -> name
let staff = [];
let photos = []; // files waiting in the composer
let current = null; // sid of the call on the customer's screen
let lastCall = null; // sid of the newest call made in this window
let unseenRings = 0;

// --- Starting, and starting again after a lost connection ---

function connect() {
  const news = new EventSource("/phone/events");
  news.addEventListener("open", load);
  news.addEventListener("error", () => ($("offline").hidden = false));
  news.addEventListener("message", (event) => event.data && showMessage(JSON.parse(event.data)));
  news.addEventListener("call", (event) => showCall(JSON.parse(event.data)));
  news.addEventListener("settings", load);
  news.addEventListener("reset", load);
}

async function load() {
  const state = await fetchJson(`/phone/state?caller=${encodeURIComponent(caller())}`);
  if (!state) return;
  $("offline").hidden = true;
  clear();
  staff = state.staff;
  for (const phone of [...state.numbers, ...staff]) names.set(phone.phone, phone.name);
  nameThePhones();
  state.messages.forEach(showMessage);
  state.calls.forEach(showCall);
}

function clear() {
  for (const element of shown.values()) element.remove();
  shown.clear();
  calls.clear();
  $("rings").replaceChildren();
  updateEmptyStates();
}

function nameThePhones() {
  const name = names.get(business.value) ?? "the shop";
  $("business-number").textContent = pretty(business.value);
  $("avatar").textContent = $("oncall-avatar").textContent = initials(name);
  $("staff-name").textContent = staff.map((person) => person.name).join(", ") || "Staff";
  $("staff-number").textContent = staff.length === 1 ? pretty(staff[0].phone) : "";
  $("staff-avatar").textContent = initials(staff[0]?.name ?? "Staff");
}

// --- Texts ---

function showMessage(message) {
  const mine = caller();
  const out = message.from === mine && message.to === business.value;
  const incoming = message.to === mine && message.from === business.value;
  if (out || incoming) drawText($("thread"), message, out);
  else if (staff.some((person) => person.phone === message.to)) drawText($("alerts"), message, false);
}

function drawText(thread, message, out) {
  if (!out && ["queued", "sent"].includes(message.status)) return; // still on its way
  const bubble = shown.get(message.sid) ?? newBubble(thread, message, out);
  const state = bubble.querySelector(".bubble-state");
  state.textContent = stateOf(message, out);
  bubble.classList.toggle("failed", ["failed", "undelivered"].includes(message.status));
  if (out) showTrouble(message.status === "sending" ? message.trouble : null);
}

function newBubble(thread, message, out) {
  const bubble = element("article", `bubble ${out ? "out" : "in"}`);
  const toStaff = thread.id === "alerts";
  bubble.dataset.testid = toStaff ? "staff-text" : out ? "bubble-out" : "bubble-in";
  for (const media of message.media) bubble.append(picture(media.url));
  if (message.body) bubble.append(words(message.body));
  const foot = element("footer", "foot");
  if (message.by_carrier) foot.append(element("span", "tag", "phone company"));
  if (toStaff && staff.length > 1) foot.append(element("span", "tag", `to ${names.get(message.to)}`));
  const time = element("time", "", clockTime(message.accepted_at));
  time.dateTime = new Date(message.accepted_at * 1000).toISOString();
  const state = element("span", "bubble-state");
  state.dataset.testid = "bubble-state";
  foot.append(time, state);
  bubble.append(foot);
  place(thread, bubble, message.sid, message.accepted_at);
  return bubble;
}

function stateOf(message, out) {
  if (message.status === "undelivered") return `Never arrived: ${message.trouble}`;
  if (!out) return "";
  if (message.status === "delivered") return "Delivered";
  if (message.status === "failed") return `Not delivered. ${message.trouble}`;
  return "Sending…";
}

function words(body) {
  const paragraph = element("p", "words");
  for (const part of body.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])/)) {
    if (!/^https?:\/\//.test(part)) {
      paragraph.append(part);
      continue;
    }
    const link = element("a", "", part);
    link.href = part;
    link.target = "_blank";
    link.rel = "noopener";
    paragraph.append(link);
  }
  return paragraph;
}

function picture(url) {
  const image = element("img", "photo");
  image.alt = "Photo";
  if (/^https?:\/\//.test(url)) image.src = url;
  image.addEventListener("load", () => image.closest(".thread")?.scrollTo(0, 1e9), { once: true });
  return image;
}

/** Put an element into a thread by its time, and keep the newest in sight. */
function place(thread, child, sid, at) {
  child.dataset.at = at;
  const later = [...thread.children].find((other) => Number(other.dataset.at) > at);
  thread.insertBefore(child, later ?? null);
  shown.set(sid, child);
  updateEmptyStates();
  thread.scrollTo(0, thread.scrollHeight);
}

function updateEmptyStates() {
  $("caller-empty").hidden = $("thread").children.length > 1;
  $("staff-empty").hidden = $("alerts").children.length > 1 || $("rings").children.length > 0;
}

function showTrouble(trouble) {
  $("trouble").hidden = !trouble;
  $("trouble").textContent = trouble ?? "";
}

async function send(event) {
  event.preventDefault();
  const body = $("body").value.trim();
  if ((!body && !photos.length) || !validCaller()) return;
  $("send").disabled = true;
  const media = [];
  for (const photo of photos) media.push((await upload(photo))?.id);
  const sent = !media.includes(undefined)
    && (await post("/phone/text", { caller: caller(), business: business.value, body, media }));
  $("send").disabled = false;
  if (!sent) return;
  if (!shown.has(sent.sid)) showMessage(sent); // else the news was faster, and is newer
  $("body").value = "";
  photos = [];
  drawPreviews();
  growComposer();
  $("body").focus();
}

function upload(photo) {
  return fetchJson("/phone/media", { method: "POST", headers: { "Content-Type": photo.type }, body: photo });
}

function drawPreviews() {
  for (const image of $("previews").querySelectorAll("img")) URL.revokeObjectURL(image.src);
  $("previews").replaceChildren(
    ...photos.map((photo, index) => {
      const item = element("li");
      const image = element("img");
      image.src = URL.createObjectURL(photo);
      image.alt = photo.name;
      const remove = element("button", "", "×");
      remove.type = "button";
      remove.setAttribute("aria-label", `Remove ${photo.name}`);
      remove.addEventListener("click", () => {
        photos.splice(index, 1);
        drawPreviews();
        $("body").focus();
      });
      item.append(image, remove);
      return item;
    }),
  );
}

function growComposer() {
  $("body").style.height = "auto";
  $("body").style.height = `${$("body").scrollHeight}px`;
}

// --- Calls ---

function showCall(call) {
  calls.set(call.sid, call);
  for (const leg of call.legs) calls.set(leg.sid, leg);
  if (call.direction === "inbound") {
    call.legs.forEach(drawRing);
    if (call.from === caller() && call.to === business.value) drawCallersCall(call);
  } else {
    drawRing(call);
  }
}

function drawCallersCall(call) {
  if (!FINISHED.has(call.status)) current = call.sid;
  else noteCall(call);
  if (current === call.sid) drawCallScreen(call);
  if (current === call.sid || call.sid === lastCall) showTrouble(call.trouble);
}

function drawCallScreen(call) {
  const screen = $("oncall");
  const wasHidden = screen.hidden;
  screen.hidden = false;
  keepFocusIn(screen, true);
  $("oncall-state").textContent = callState(call);
  drawCaptions($("oncall-captions"), call);
  drawKeypad($("oncall-keypad"), call);
  tick();
  if (wasHidden) $("hangup").focus();
  $("hangup").disabled = FINISHED.has(call.status);
  if (FINISHED.has(call.status)) {
    current = null;
    setTimeout(() => current === null && closeCallScreen(), LINGER_MS);
  }
}

function closeCallScreen() {
  if ($("oncall").hidden) return;
  $("oncall").hidden = true;
  keepFocusIn($("oncall"), false);
  $("body").focus({ preventScroll: true });
}

function keepFocusIn(screen, on) {
  for (const other of screen.parentElement.children) if (other !== screen) other.inert = on;
}

function callState(call) {
  if (FINISHED.has(call.status)) return call.trouble ?? "Call ended";
  const partner = call.legs.find((leg) => leg.bridged);
  if (call.bridged && partner) return `Talking to ${names.get(partner.to) ?? "the shop"}`;
  if (call.recording) return "Recording your message";
  if (call.spoken.length) return names.get(call.to);
  return `Calling ${names.get(call.to) ?? pretty(call.to)}…`;
}

/** One line in the customer's thread for a call that has ended. */
function noteCall(call) {
  const partner = call.legs.find((leg) => leg.bridged);
  const outcome = partner
    ? `you talked to ${names.get(partner.to) ?? "the shop"}`
    : call.trouble ? "it did not go through" : "nobody picked up";
  const note = shown.get(call.sid) ?? element("p", "note");
  note.textContent = `You called at ${clockTime(call.created_at)}, ${outcome}`;
  note.dataset.testid = "call-note";
  if (!shown.has(call.sid)) place($("thread"), note, call.sid, call.created_at);
}

/** A call on a staff handset: ringing, talking, or just over. */
function drawRing(call) {
  const id = `ring-${call.sid}`;
  const old = $(id);
  const over = FINISHED.has(call.status);
  if (over) noteRing(call);
  if (!old && over) return;
  const card = old ?? newRing(call, id);
  const ringing = ["queued", "ringing"].includes(call.status);
  card.classList.toggle("ringing", ringing);
  card.querySelector(".ring-state").textContent = ringState(call);
  drawCaptions(card.querySelector(".captions"), call);
  drawKeypad(card.querySelector(".keypad"), call);
  card.querySelector(".pick").hidden = !ringing;
  card.querySelector(".hangup").hidden = ringing || over;
  if (over && !card.dataset.over) {
    card.dataset.over = "yes";
    setTimeout(() => (card.remove(), updateEmptyStates(), drawBadge()), LINGER_MS);
  }
  updateEmptyStates();
  drawBadge();
}

/** One line on the staff handset for a call that has ended. */
function noteRing(call) {
  if (shown.has(call.sid)) return;
  const note = element("p", "note", `${ringState(call)}: ${callerName(call)}, ${clockTime(call.created_at)}`);
  place($("alerts"), note, call.sid, call.created_at);
}

function callerName(call) {
  return names.get(call.from) ?? pretty(call.from);
}

function newRing(call, id) {
  const card = element("article", "ring");
  card.id = id;
  card.dataset.testid = "staff-ring";
  card.append(
    element("p", "ring-state"),
    element("p", "ring-from", callerName(call)),
  );
  if (staff.length > 1) card.append(element("p", "ring-to", `${names.get(call.to) ?? pretty(call.to)}'s phone`));
  const captions = element("div", "captions");
  captions.dataset.testid = "staff-captions";
  const pick = element("div", "pick");
  pick.append(
    button("Decline", "decline", "staff-decline", () => act(call, "decline")),
    button("Answer", "answer", "staff-answer", () => act(call, "answer")),
  );
  const hangup = button("Hang up", "hangup", "staff-hangup", () => act(call, "hangup"));
  card.append(captions, element("div", "keypad"), pick, hangup);
  $("rings").append(card);
  return card;
}

function ringState(call) {
  if (["queued", "ringing"].includes(call.status)) return "Incoming call";
  if (FINISHED.has(call.status)) {
    return { "no-answer": "Missed call", busy: "Declined", canceled: "Missed call" }[call.status] ?? "Call ended";
  }
  if (call.bridged) return "Talking to the customer";
  return call.gathering ? "Waiting for a key" : "On the phone";
}

function drawCaptions(box, call) {
  for (const line of call.spoken.slice(box.children.length)) box.append(element("p", "", `“${line}”`));
  while (box.children.length > call.spoken.length) box.lastChild.remove();
  box.scrollTo(0, box.scrollHeight);
}

function drawKeypad(pad, call) {
  pad.hidden = !call.gathering;
  if (!call.gathering || pad.dataset.call === call.sid) return;
  pad.dataset.call = call.sid;
  pad.setAttribute("role", "group");
  pad.setAttribute("aria-label", "Keypad");
  pad.replaceChildren(
    ...KEYS.map((key) =>
      button(key, "key", `key-${key}`, () => post(`/phone/calls/${call.sid}/keys/press`, { digits: key })),
    ),
  );
}

function drawBadge() {
  const rings = document.querySelectorAll(".ring:not([data-over])").length;
  $("staff-badge").hidden = !rings;
  $("staff-badge").textContent = rings ? "rings" : "";
  if (rings > unseenRings) $("rings").scrollTo(0, 0);
  unseenRings = rings;
}

function tick() {
  const call = calls.get(current);
  if (!call) return;
  const since = (call.bridged ? call.legs.find((leg) => leg.bridged)?.answered_at : null) ?? call.created_at;
  const seconds = Math.max(0, Math.floor(Date.now() / 1000 - since));
  $("oncall-clock").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

async function startCall() {
  if (!validCaller()) return;
  showTrouble(null);
  const call = await post("/phone/call", { caller: caller(), business: business.value });
  if (!call) return;
  lastCall = call.sid;
  showCall(calls.get(call.sid) ?? call);
}

function act(call, name) {
  return post(`/phone/calls/${call.sid}/${name}`, {});
}

// --- The customer's own number ---

function caller() {
  const typed = $("caller-number").value.replace(/[^\d+]/g, "");
  return /^\d{10}$/.test(typed) ? `+1${typed}` : typed;
}

function validCaller() {
  const valid = /^\+[1-9]\d{6,14}$/.test(caller());
  $("caller-number-error").textContent = valid ? "" : "Write the number like +13035550199.";
  $("caller-number").setAttribute("aria-invalid", String(!valid));
  return valid;
}

function changeCaller() {
  if (!validCaller()) return;
  $("caller-number").value = caller();
  showTrouble(null);
  load();
}

// --- Small things ---

async function fetchJson(url, options) {
  try {
    const response = await fetch(url, options);
    if (response.ok) return await response.json();
    const problem = await response.json().catch(() => ({}));
    showTrouble(typeof problem.detail === "string" ? problem.detail : "That did not work.");
  } catch {
    $("offline").hidden = false;
  }
  return undefined;
}

function post(url, body) {
  return fetchJson(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function button(label, className, testid, press) {
  const made = element("button", className, label);
  made.type = "button";
  made.dataset.testid = testid;
  made.addEventListener("click", press);
  return made;
}

function pretty(phone) {
  const us = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(phone ?? "");
  return us ? `(${us[1]}) ${us[2]}-${us[3]}` : (phone ?? "");
}

function initials(name) {
  return name.split(/\s+/).slice(0, 2).map((word) => word[0]?.toUpperCase() ?? "").join("");
}

function clockTime(seconds) {
  const at = new Date(seconds * 1000);
  const time = at.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
  const today = at.toDateString() === new Date().toDateString();
  return today ? time : `${at.toLocaleDateString([], { month: "short", day: "numeric" })}, ${time}`;
}

function showTab(name) {
  document.body.dataset.show = name;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const chosen = tab.dataset.tab === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
}

for (const tab of document.querySelectorAll("[role=tab]")) {
  tab.addEventListener("click", () => showTab(tab.dataset.tab));
  tab.addEventListener("keydown", (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const other = document.querySelector("[role=tab][aria-selected=false]");
    showTab(other.dataset.tab);
    other.focus();
  });
}
$("composer").addEventListener("submit", send);
$("body").addEventListener("input", growComposer);
$("body").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("composer").requestSubmit();
  }
});
$("photo").addEventListener("change", () => {
  photos.push(...$("photo").files);
  $("photo").value = "";
  drawPreviews();
  $("body").focus();
});
$("call").addEventListener("click", startCall);
$("hangup").addEventListener("click", () => current && act({ sid: current }, "hangup"));
$("caller-number").addEventListener("change", changeCaller);
business.addEventListener("change", load);
for (const thread of [$("thread"), $("alerts")]) {
  new ResizeObserver(() => thread.scrollTo(0, thread.scrollHeight)).observe(thread);
}
setInterval(tick, 500);
connect();
