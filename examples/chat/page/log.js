// The list of messages. All that comes from the server is put into it as text.
const scroll = document.getElementById("scroll");
const log = document.getElementById("log");
const newer = document.getElementById("newer");
const longest = 500; // lines that are kept
const together = 3 * 60_000; // milliseconds within which messages of one author share a heading

let last = { author: "", time: 0 };
let unread = 0;

newer.onclick = toEnd;
scroll.onscroll = () => {
  if (atEnd()) newer.hidden = true;
};
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) setUnread(0);
});
new ResizeObserver(() => {
  if (newer.hidden) toEnd(); // a keyboard of a phone came or went
}).observe(scroll);

function atEnd() {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
}

function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
  newer.hidden = true;
}

function setUnread(n) {
  unread = n;
  document.title = (n ? `(${n}) ` : "") + document.title.replace(/^\(\d+\) /, "");
}

// element makes an element with text in it, whatever the text contains.
export function element(name, className, text) {
  const e = document.createElement(name);
  e.className = className;
  e.textContent = text;
  return e;
}

// hue returns the class of a name's colour, the same in every browser.
export function hue(name) {
  let sum = 7;
  for (const c of name) sum = (sum * 33 + c.codePointAt(0) * 7919) % 1_000_003;
  return `hue${sum % 8}`;
}

function append(row, mine) {
  const follow = mine || atEnd();
  log.append(row);
  while (log.childElementCount > longest) log.firstElementChild.remove();
  if (follow) toEnd();
  else newer.hidden = false;
}

// message shows what a member has said. Its kind is "", "action" or "private".
export function message({ author, text, mine, kind = "", note = "" }) {
  const now = new Date();
  const row = element("li", `message ${kind} ${mine ? "mine" : ""}`, "");
  const follows = last.author === author + kind + note && now - last.time < together;
  if (!follows) {
    const head = element("div", "head", "");
    if (!mine) head.append(element("span", `author ${hue(author)}`, author));
    if (note) head.append(element("span", "note", note));
    const time = element("time", "", now.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
    time.dateTime = now.toISOString();
    head.append(time);
    row.append(head);
  }
  row.classList.toggle("follows", follows);
  row.append(element("div", "text", text));
  last = { author: author + kind + note, time: now };
  append(row, mine);
  if (document.hidden) setUnread(unread + 1);
}

// news shows what has happened, in a small line.
export function news(text, className = "") {
  last = { author: "", time: 0 };
  append(element("li", `news ${className}`, text), false);
}

// clear empties the list.
export function clear() {
  log.replaceChildren();
  last = { author: "", time: 0 };
  newer.hidden = true;
}
