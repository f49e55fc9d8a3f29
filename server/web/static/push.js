// Alerts on this device: asks for permission only when the button is pressed.
(() => {
  const here = document.getElementById("here");
  if (!here) return;
  const turnOn = document.getElementById("turn-on");
  const turnOff = document.getElementById("turn-off");
  const csrf = here.querySelector("input[name=csrf]").value;

  const say = (state) => {
    here.querySelectorAll("[data-state]").forEach((words) => { words.hidden = words.dataset.state !== state; });
    turnOn.hidden = !["off", "failed"].includes(state);
    turnOff.hidden = state !== "on";
  };

  const bytes = (text) => {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };

  const post = async (path, form) => {
    // not followed: the page that it leads to says once what was done, and that is for eyes
    const answered = await fetch(path, { method: "POST", redirect: "manual", body: new URLSearchParams({ csrf, ...form }) });
    if (!answered.ok && answered.type !== "opaqueredirect") throw new Error((await answered.json().catch(() => ({}))).detail || "");
  };

  const mark = async (endpoint) => {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
    return Array.from(new Uint8Array(hash), (one) => one.toString(16).padStart(2, "0")).join("");
  };

  const keep = (subscription) => {
    const { endpoint, keys } = subscription.toJSON();
    return post("/alerts/browsers", { endpoint, p256dh: keys.p256dh, auth: keys.auth });
  };

  const fits = (subscription) => {
    const key = subscription.options?.applicationServerKey;
    if (!key) return true;
    const ours = bytes(here.dataset.key);
    const its = new Uint8Array(key);
    return its.length === ours.length && its.every((one, place) => one === ours[place]);
  };

  const subscribe = async (worker) => {
    const old = await worker.pushManager.getSubscription();
    if (old && !fits(old)) await old.unsubscribe(); // made for another key: nothing of ours would arrive
    return worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(here.dataset.key) });
  };

  const ready = async () => {
    await navigator.serviceWorker.register("/sw.js");
    return navigator.serviceWorker.ready;
  };

  const busy = async (button, work) => {
    button.disabled = true;
    try {
      await work();
      location.assign("/alerts");
    } catch (error) {
      const more = here.querySelector("[data-why]");
      more.textContent = error.message;
      say(Notification.permission === "denied" ? "denied" : "failed");
    } finally {
      button.disabled = false;
    }
  };

  turnOn.addEventListener("click", () => busy(turnOn, async () => {
    const allowed = await Notification.requestPermission();
    if (allowed !== "granted") throw new Error(allowed === "denied" ? "" : "The browser was not allowed to show alerts.");
    await keep(await subscribe(await ready()));
  }));

  turnOff.addEventListener("click", () => busy(turnOff, async () => {
    const subscription = await (await ready()).pushManager.getSubscription();
    if (!subscription) return;
    await post("/alerts/browsers/forget", { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
  }));

  const look = async () => {
    const isApple = "standalone" in navigator;
    if (!window.isSecureContext) return say("insecure");
    if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) {
      return say(isApple && !navigator.standalone ? "apple" : "unsupported");
    }
    if (Notification.permission === "denied") return say("denied");
    const worker = await navigator.serviceWorker.getRegistration("/");
    const subscription = worker && await worker.pushManager.getSubscription();
    if (!subscription || !fits(subscription)) return say("off");
    const line = document.querySelector(`[data-mark="${await mark(subscription.endpoint)}"]`);
    if (!line) return say("off"); // removed from another device, or somebody else is signed in
    line.querySelector(".here").hidden = false;
    return say("on");
  };

  look().catch(() => say("off"));
})();
