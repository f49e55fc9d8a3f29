// Shows alerts while no page is open; a click opens the conversation.
const home = (link) => {
  const url = new URL(link || "/inbox", self.location.origin);
  return url.origin === self.location.origin ? url.href : new URL("/inbox", self.location.origin).href;
};

const show = (told) => self.registration.showNotification(told.title || "Ringback", {
  body: told.body || "Open Ringback to see what is new.",
  icon: "/static/icon-192.png",
  badge: "/static/icon-192.png",
  tag: told.link || "ringback", // a newer alert about the same conversation takes the place of the older
  renotify: true,
  requireInteraction: true,
  data: { link: home(told.link) },
});

const read = (message) => {
  try {
    return message.json();
  } catch {
    return {};
  }
};

const open = async (link) => {
  const pages = await self.clients.matchAll({ type: "window" });
  const here = pages.find((one) => one.url === link) || pages[0];
  if (!here) return self.clients.openWindow(link);
  const shown = here.url === link ? here : await here.navigate(link).catch(() => null);
  return shown ? shown.focus().catch(() => shown) : self.clients.openWindow(link);
};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => event.waitUntil(show(event.data ? read(event.data) : {})));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.link));
});
