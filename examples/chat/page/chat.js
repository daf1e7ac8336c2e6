import { Link } from "./link.js";
import { clear, element, hue, message, news } from "./log.js";
import { parse } from "./protocol.js";

const by = (id) => document.getElementById(id);
const longestText = 4096; // bytes, as the server has it
const refreshRooms = 5_000; // milliseconds
const refreshMembers = 4 * 60_000; // also keeps the connection from being idle for ten minutes
const nameRetries = 8; // while an earlier connection of this page may still have the name

let me = ""; // the nickname that this connection has, or empty
let wantedName = remembered();
let room = ""; // the room that this connection is in, or empty
let wantedRoom = roomOfAddress();
let shownRoom = ""; // the room that the messages on the page are from
let members = new Set();
let asked = 0; // lists that the page has asked for and not got
let since = new Map(); // name to whether it is there: news since the page has asked
let lastList = 0; // length of the list before this frame; a long one comes in several frames
let unconfirmed = []; // texts that the room has not got, as far as the page knows
let retries = 0;
let typed = false; // the person has just typed the nickname

const address = new URL("/api/", location.href.replace(/^http/, "ws"));
const link = new Link(address, { open, frame, lost, waiting });
setInterval(() => !document.hidden && room === "" && ask(), refreshRooms);
setInterval(() => room !== "" && ask(), refreshMembers);
view();

// The connection.

function open() {
  by("link").hidden = true;
  document.body.classList.add("online");
  if (wantedName) link.send(wantedName);
}

function lost() {
  document.body.classList.remove("online");
  me = room = "";
  asked = 0;
  since.clear();
  for (const text of unconfirmed) news(`Perhaps not sent: ${text}`, "unsent");
  unconfirmed = [];
}

function waiting(seconds) {
  by("link").hidden = false;
  by("retry").hidden = seconds === 0;
  by("link-text").textContent =
    seconds === 0 ? "Connecting…" : `Not connected. Trying again in ${seconds} s`;
}

function ask() {
  if (me && link.send("/ls")) asked++;
}

// What comes from the server.

const handlers = {
  welcome(name) {
    setName(name);
    retries = 0;
    typed = false;
    by("link").hidden = true;
    if (wantedRoom) link.send(`/join ${wantedRoom}`);
    else ask();
    view();
  },
  myName(name) {
    rename(me, name);
    setName(name);
    news(`Your nickname is ${name}`);
  },
  askName() {
    if (wantedName) link.send(wantedName);
  },
  // The server may not have noticed yet that the last connection of this page is gone.
  taken(name) {
    if (me || typed || retries++ >= nameRetries) {
      complain(`The nickname ${name} is taken. Choose another.`);
      return;
    }
    by("link").hidden = false;
    by("retry").hidden = true;
    by("link-text").textContent = `Connected. Waiting for the nickname ${name} to be free…`;
    setTimeout(() => !me && wantedName && link.send(wantedName), 2_000);
  },
  entered(name) {
    if (shownRoom !== name) clear();
    else if (room !== name) news("Connected again. Messages in between are not shown.");
    room = wantedRoom = shownRoom = name;
    members = new Set([me]);
    since.clear();
    history.replaceState(null, "", `#${encodeURIComponent(name)}`);
    ask();
    view();
    by("line").focus();
  },
  exited() {
    room = wantedRoom = shownRoom = "";
    members.clear();
    history.replaceState(null, "", location.pathname);
    ask();
    view();
  },
  joined(name) {
    present(name, true);
    news(`${name} joined`);
  },
  left(name) {
    present(name, false);
    news(`${name} left`);
  },
  renamed(from, to) {
    rename(from, to);
    news(`${from} is now ${to}`);
  },
  noList() {
    if (!takeAsked()) return handlers.notice(this.frame);
    if (room === "") showRooms([]);
  },
  list(...names) {
    const more = lastList > 30_000;
    if (!takeAsked() && !more) return handlers.notice(names.join(", "));
    if (room === "") showRooms(names);
    else setMembers(more ? [...members, ...names] : names);
    lastList = this.frame.length;
  },
  message(author, text) {
    if (author === me) unconfirmed.shift();
    message({ author, text, mine: author === me });
  },
  action(author, text) {
    message({ author, text, mine: author === me, kind: "action" });
  },
  privately(author, text) {
    message({ author, text, kind: "private", note: "to you only" });
  },
  privatelyTo(author, to, text) {
    message({ author, text, mine: true, kind: "private", note: `to ${to} only` });
  },
  notice(text) {
    if (/^(Slow down|Internal server error|Closing)/.test(text)) asked = 0;
    complain(text);
  },
};

function frame(text) {
  const event = parse(text);
  if (event.kind !== "list") lastList = 0;
  handlers[event.kind].apply(event, event.parts);
}

function takeAsked() {
  if (asked === 0) return false;
  asked--;
  return true;
}

// complain shows an answer of the server where the person looks.
function complain(text) {
  if (!me) {
    wantedName = shownRoom = "";
    retries = 0;
    by("link").hidden = link.isOpen;
    view();
    by("login-error").textContent = text;
    by("nickname").focus();
  } else if (room === "") {
    if (wantedRoom) shownRoom = "";
    wantedRoom = "";
    view();
    by("lobby-error").textContent = text;
  } else {
    news(text, "notice");
  }
}

// Who is there.

function setName(name) {
  me = wantedName = name;
  by("me").textContent = name;
  by("me").setAttribute("aria-label", `Your nickname is ${name}. Change it`);
  try {
    sessionStorage.setItem("nickname", name);
  } catch {
    // it lasts as long as the page
  }
}

function remembered() {
  try {
    return sessionStorage.getItem("nickname") ?? "";
  } catch {
    return "";
  }
}

function roomOfAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

// present notes that a member came or went. A list that was asked for before may not know it.
function present(name, isThere) {
  if (asked > 0) since.set(name, isThere);
  if (isThere) members.add(name);
  else members.delete(name);
  showMembers();
}

function rename(from, to) {
  if (from === to) return;
  present(from, false);
  present(to, true);
}

function setMembers(names) {
  members = new Set(names);
  for (const [name, isThere] of since) {
    if (isThere) members.add(name);
    else members.delete(name);
  }
  if (asked === 0) since.clear();
  showMembers();
}

function showMembers() {
  const names = [...members].sort((a, b) => a.localeCompare(b));
  by("members").replaceChildren(...names.map((name) => {
    const row = element("li", name === me ? "mine" : "", "");
    row.append(element("span", `dot ${hue(name)}`, ""), element("span", "name", name));
    return row;
  }));
  by("show-members").textContent = names.length === 1 ? "1 member" : `${names.length} members`;
}

function showRooms(names) {
  const list = by("rooms");
  by("no-rooms").hidden = names.length > 0;
  const shown = [...list.children].map((row) => row.textContent);
  if (shown.length === names.length && names.every((name, i) => name === shown[i])) return;
  list.replaceChildren(...names.map((name) => {
    const row = element("li", "", "");
    const button = element("button", "room", name);
    button.type = "button";
    button.onclick = () => join(name);
    row.append(button);
    return row;
  }));
}

// What the person does.

function join(name) {
  by("lobby-error").textContent = "";
  wantedRoom = name;
  link.send(`/join ${name}`);
}

function view() {
  const inRoom = shownRoom !== "";
  const place = inRoom ? "room" : me ? "lobby" : "start";
  document.body.dataset.view = place;
  for (const part of document.querySelectorAll("[data-in]")) {
    part.hidden = !part.dataset.in.split(" ").includes(place);
  }
  by("title").textContent = inRoom ? shownRoom : "tyg chat";
  document.title = inRoom ? `${shownRoom} · tyg chat` : "tyg chat";
  if (inRoom) showMembers();
}

by("login").onsubmit = (event) => {
  event.preventDefault();
  by("login-error").textContent = "";
  wantedName = by("nickname").value.trim();
  typed = true;
  if (wantedName) link.send(wantedName);
};

by("open").onsubmit = (event) => {
  event.preventDefault();
  join(by("room").value.trim());
  by("room").value = "";
};

by("composer").onsubmit = (event) => {
  event.preventDefault();
  const line = by("line");
  const text = line.value.trim();
  by("room-error").textContent = "";
  if (text === "") return;
  if (new TextEncoder().encode(text).length > longestText) {
    by("room-error").textContent = `A message has at most ${longestText} bytes. This one was not sent.`;
  } else if (!room || !link.send(text)) {
    by("room-error").textContent = "Not connected. Your message waits here.";
  } else {
    if (!text.startsWith("/")) unconfirmed.push(text);
    line.value = "";
  }
};

by("leave").onclick = () => {
  if (room) link.send("/quit");
};
by("retry").onclick = () => link.now();
by("show-members").onclick = () => {
  const open = document.body.classList.toggle("members-open");
  by("show-members").setAttribute("aria-expanded", String(open));
};

by("me").onclick = () => {
  by("new-name").value = me;
  by("rename").showModal();
  by("new-name").select();
};
by("rename-cancel").onclick = () => by("rename").close();
by("rename-form").onsubmit = (event) => {
  event.preventDefault();
  by("rename").close();
  const name = by("new-name").value.trim();
  if (name && name !== me) link.send(`/nick ${name}`);
};

addEventListener("hashchange", () => {
  const name = roomOfAddress();
  if (me && name && name !== room) join(name);
});
