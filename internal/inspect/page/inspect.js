"use strict";
// The page: it reads updates (see stream.go), keeps the lines, and shows those that the filter lets
// through. What comes from outside is set as text, never as markup.

const $ = (id) => document.getElementById(id);
const kept = 2000; // lines
const shown = 300;

let token = decodeURIComponent(location.hash.slice(1)) || sessionStorage.getItem("token") || localStorage.getItem("token") || "";
const lines = new Map(); // by seq
const rows = new Map(); // by seq
let samples = [];
let conns = [];
let hello = {};
let paused = false;
let waiting = 0; // lines that came while the page was paused
let open = 0; // seq of the line with details
let selected = ""; // connection
const charts = newCharts();
const filter = $("filter").elements;

$("charts").append(...charts.map((chart) => chart.node));

// call calls the API of the server and returns its answer.
async function call(path, body) {
  const answer = await fetch("api/" + path, {
    method: "POST",
    headers: { Authorization: "Bearer " + token, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const data = await answer.json();
  if (!answer.ok) throw new Error(data.error);
  return data;
}

function say(text, bad) {
  $("state").textContent = text;
  $("state").classList.toggle("bad", Boolean(bad));
}

// read reads updates until the stream ends.
async function read(response) {
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += decoder.decode(value, { stream: true });
    const parts = rest.split("\n\n");
    rest = parts.pop();
    for (const part of parts) update(JSON.parse(part.slice("data: ".length)));
  }
}

async function connect() {
  for (let pause = 250; ; pause = Math.min(2 * pause, 5000)) {
    try {
      const response = await fetch("api/events", { headers: { Authorization: "Bearer " + token } });
      if (response.status === 401) {
        ask();
        return;
      }
      if (!response.ok) throw new Error((await response.json()).error);
      remember();
      say(paused ? "Paused" : "Live");
      pause = 250;
      await read(response);
    } catch (e) {
      if (!(e instanceof TypeError)) console.error(e);
    }
    say("Not connected. Trying again…", true);
    await new Promise((go) => setTimeout(go, pause));
  }
}

// remember keeps the token for this page, and takes it out of what the browser shows.
function remember() {
  sessionStorage.setItem("token", token);
  localStorage.setItem("token", token);
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
}

function ask() {
  say("The token is missing or wrong.", true);
  localStorage.removeItem("token");
  sessionStorage.removeItem("token");
  if (!$("ask").open) $("ask").showModal();
}

$("login").onsubmit = (event) => {
  event.preventDefault();
  token = $("login").elements.token.value.trim().replace(/^.*#/, "");
  $("ask").close();
  connect();
};
$("ask").oncancel = (event) => event.preventDefault();
window.onhashchange = () => {
  if (location.hash.length > 1) location.reload();
};

function update(u) {
  if (u.hello) {
    hello = u.hello;
    $("name").textContent = hello.name;
    $("url").textContent = hello.url;
    document.title = (hello.name ? hello.name + " · " : "") + "tyg inspector";
    lines.clear();
    samples = [];
  }
  for (const line of u.lines ?? []) {
    if (paused && !lines.has(line.seq)) waiting++;
    lines.set(line.seq, line);
    rows.get(line.seq)?.classList.add("stale");
  }
  while (lines.size > kept) lines.delete(lines.keys().next().value);
  if (u.samples) {
    samples = samples.concat(u.samples).slice(-seconds);
    tellSampled(u.samples[u.samples.length - 1]);
  }
  if (u.conns) {
    conns = u.conns.list;
    $("total").textContent = u.conns.total > conns.length ? `newest ${conns.length} of ${u.conns.total.toLocaleString("en")}` : String(u.conns.total);
    recordings(u.conns.recording);
  }
  if (paused) say(waiting ? `Paused, ${waiting} new` : "Paused");
  schedule(u);
}

// tellSampled says how many messages are left out.
function tellSampled(last) {
  const left = last.seen - last.kept;
  $("sampled").hidden = left <= 0 && last.lost === 0;
  if (left > 0) $("sampled").textContent = `Sampled: ${last.kept} of ${last.seen.toLocaleString("en")} messages in the last second are shown. Charts count all.`;
  if (last.lost > 0) $("sampled").textContent += ` ${last.lost.toLocaleString("en")} events were too many even to count.`;
}

// schedule draws with the next frame what an update has changed.
let scheduled = null;
function schedule(u) {
  if (scheduled === null) {
    scheduled = { lines: false, samples: false, conns: false };
    requestAnimationFrame(() => {
      const what = scheduled;
      scheduled = null;
      if (what.samples) for (const chart of charts) chart.draw(samples, Date.now());
      if (what.conns) drawConns();
      if (what.lines && !paused) drawLines();
    });
  }
  if (u.lines || u.hello) scheduled.lines = true;
  if (u.samples || u.hello) scheduled.samples = true;
  if (u.conns) scheduled.conns = true;
}

// hue gives each connection a colour, by its id.
function hue(id) {
  let h = 0;
  for (const c of id) h = (h * 31 + c.charCodeAt(0)) % 360;
  return h;
}

// chip shows a connection.
function chip(id, bad) {
  const node = el("span", { class: bad ? "chip bad" : "chip", title: id }, el("span", { class: "dot", "aria-hidden": "true" }), id);
  node.style.setProperty("--hue", hue(id));
  return node;
}

function clock(at) {
  const d = new Date(at);
  const two = (n) => String(n).padStart(2, "0");
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}.${String(d.getMilliseconds()).padStart(3, "0")}`;
}

// frameText is the text by which a frame is found.
const frameText = (frame) => frame?.text ?? (frame?.base64 ? `binary, ${bytes(frame.size)}` : "");

function matches(line) {
  if (filter.quiet.checked && line.kind !== "message") return false;
  if (filter.errors.checked && !failed(line)) return false;
  if (filter.route.value && line.route !== filter.route.value) return false;
  const id = filter.conn.value.trim();
  if (id && !line.conn?.includes(id) && !(line.sends ?? []).some((s) => s.to?.some((r) => r.id.includes(id)))) return false;
  const text = filter.text.value.toLowerCase();
  return !text || searched(line).includes(text);
}

function failed(line) {
  return Boolean(line.error) || (line.kind === "message" && !line.route) || (line.sends ?? []).some((s) => s.to?.some((r) => r.error));
}

function searched(line) {
  const parts = [line.kind, line.route, line.request, line.error, frameText(line.frame)];
  for (const s of line.sends ?? []) parts.push(s.group, frameText(s.frame));
  for (const l of line.logs ?? []) parts.push(l.text);
  return parts.join("\n").toLowerCase();
}

const noRoute = "no route";

// what says what has happened, in place of a frame.
function what(line) {
  switch (line.kind) {
    case "message": return frameText(line.frame);
    case "connect": return line.address ? "connected from " + line.address : "wants to connect";
    case "open": return "open";
    case "disconnect": return `closed with ${line.status} ${frameText(line.frame)}`.trim();
    case "leave": return "left a group";
    case "refused": return `refused with ${line.status}: ${line.error}`;
    case "invoke": return "the function was invoked";
    case "send": return "sent from outside a handler";
  }
  return line.kind;
}

// sendSummary says who got what a message caused.
function sendSummary(line) {
  const sends = line.sends ?? [];
  if (sends.length === 0) return el("span", { class: "to soft" }, line.kind === "message" && line.done ? "sent nothing" : "");
  const node = el("span", { class: "to" }, el("span", { class: "arrow", "aria-label": "sent to" }, "→"));
  const seen = new Set();
  const add = (key, child) => {
    if (seen.has(key)) return;
    seen.add(key);
    if (seen.size <= 3) node.append(child);
  };
  for (const s of sends) {
    const bad = (s.to ?? []).filter((r) => r.error).length;
    if (s.all) add("all", el("span", { class: bad ? "group bad" : "group" }, `all (${s.count - bad})`));
    else if (s.group) add("group " + s.group, el("span", { class: bad ? "group bad" : "group" }, `${s.group} (${s.count - bad})`));
    else for (const r of s.to ?? []) add(r.id, r.id === line.conn && !r.error ? el("span", { class: "group" }, "sender") : chip(r.id, r.error));
  }
  if (seen.size > 3) node.append(el("span", { class: "soft" }, `+${seen.size - 3}`));
  return node;
}

// row makes the row of a line.
function row(line) {
  const li = el("li", { class: "line " + line.kind + (failed(line) ? " failed" : "") });
  const frame = what(line);
  const button = el("button", { class: "row", "aria-expanded": String(open === line.seq), click: () => toggle(line.seq) },
    el("span", { class: "time" }, clock(line.at)),
    line.conn ? chip(line.conn) : el("span", { class: "chip none" }, "–"),
    el("span", { class: "route" }, line.route || (line.kind === "message" ? noRoute : line.kind)),
    el("span", { class: "preview" }, frame.length > 300 ? frame.slice(0, 300) + "…" : frame),
    outcome(line),
    sendSummary(line));
  li.append(button);
  if (open === line.seq) li.append(details(line));
  return li;
}

// outcome is how the handler ended.
function outcome(line) {
  const node = el("span", { class: "outcome" });
  if (line.kind === "refused" || line.kind === "send") return node;
  if (line.kind === "invoke") node.append("");
  else if (!line.done) node.append(el("span", { class: "running" }, "running"));
  else if (line.error) node.append(el("b", { class: "error" }, "failed"), " ", milliseconds(line.ms));
  else if (line.kind === "message" && !line.route) node.append(el("b", { class: "error" }, "forbidden"));
  else if (line.request) node.append(milliseconds(line.ms));
  if (line.logs) node.append(el("span", { class: "logs soft" }, ` ${line.logs.length} log`));
  return node;
}

// details shows all of a line.
function details(line) {
  const box = el("div", { class: "details" });
  const facts = el("dl", {});
  const fact = (name, ...value) => value[0] && facts.append(el("div", {}, el("dt", {}, name), el("dd", {}, ...value)));
  if (line.conn) {
    fact("Connection", chip(line.conn), " ", el("button", { class: "small", click: () => choose(line.conn) }, "Only this"));
  }
  fact("Request", line.request && el("code", {}, line.request));
  fact("Handler", line.done ? (line.request && line.kind !== "send" && line.kind !== "invoke" ? milliseconds(line.ms) : "") : "still running");
  fact("Error", line.error && el("span", { class: "error" }, line.error));
  fact("Address", line.address);
  box.append(facts);
  if (line.kind === "message") box.append(frameNode(line.frame, "Received"));
  if (line.logs) {
    box.append(el("h3", {}, "Log of the function"), el("ol", { class: "logs" }, ...line.logs.map((l) =>
      el("li", {}, el("span", { class: "soft" }, `+${milliseconds(l.after)} ${l.function} ${l.stream} `), el("code", {}, l.text)))));
  }
  for (const s of line.sends ?? []) box.append(sent(line, s));
  if (line.cut) box.append(el("p", { class: "note" }, `${line.cut} more sends or log lines are left out.`));
  return box;
}

function sent(line, s) {
  const names = s.all ? "all connections" : s.group ? `group ${s.group}` : s.count === 1 ? "1 connection" : `${s.count} connections`;
  const node = el("div", { class: "sent" },
    el("h3", {}, `Sent to ${names}`, el("span", { class: "soft" }, ` after ${milliseconds(s.after)}`)),
    el("p", { class: "recipients" }, ...(s.to ?? []).flatMap((r) => [chip(r.id, r.error), r.error ? el("span", { class: "error" }, ` ${r.error} `) : " "]),
      s.count > (s.to?.length ?? 0) ? el("span", { class: "soft" }, `and ${s.count - (s.to?.length ?? 0)} more`) : ""),
    same(line.frame, s.frame) ? el("p", { class: "soft" }, "The frame is the one that was received.") : frameNode(s.frame, "Frame"));
  if (s.guess) node.append(el("p", { class: "note" }, "A guess: the call named no event, and this was the only one being handled."));
  return node;
}

const same = (a, b) => a !== undefined && !a.cut && a.text === b.text && a.base64 === b.base64;

function toggle(seq) {
  const before = open;
  open = open === seq ? 0 : seq;
  for (const s of [before, seq]) rows.get(s)?.classList.add("stale");
  drawLines();
  rows.get(seq)?.querySelector("button").focus();
}

// drawLines brings the rows up to date: the newest first.
function drawLines() {
  const list = $("lines");
  const wanted = [];
  let found = 0;
  const routes = new Set();
  for (const line of [...lines.values()].reverse()) {
    if (line.route) routes.add(line.route);
    if (!matches(line)) continue;
    found++;
    if (wanted.length < shown) wanted.push(line);
  }
  const stay = new Set(wanted.map((line) => line.seq));
  for (const [seq, node] of rows) {
    if (!stay.has(seq)) {
      node.remove();
      rows.delete(seq);
    }
  }
  let at = list.firstChild;
  for (const line of wanted) {
    let node = rows.get(line.seq);
    if (node?.classList.contains("stale")) {
      const focused = node.contains(document.activeElement);
      const fresh = row(line);
      if (at === node) at = fresh;
      node.replaceWith(fresh);
      rows.set(line.seq, node = fresh);
      if (focused) node.querySelector("button").focus();
    } else if (!node) {
      rows.set(line.seq, node = row(line));
    }
    if (node === at) at = at.nextSibling;
    else list.insertBefore(node, at);
  }
  $("count").textContent = found === lines.size && found <= shown ? String(found) : `${Math.min(found, shown)} of ${lines.size.toLocaleString("en")}`;
  $("empty").hidden = lines.size > 0;
  offer(routes);
}

// offer lists the routes and connections that the filter may name.
function offer(routes) {
  const known = new Set([...filter.route.options].map((o) => o.value));
  for (const name of routes) if (!known.has(name)) filter.route.append(el("option", { value: name }, name));
}

function choose(id) {
  filter.conn.value = filter.conn.value === id ? "" : id;
  drawLines();
}

function ago(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return s + " s";
  if (s < 3600) return Math.floor(s / 60) + " min";
  return Math.floor(s / 3600) + " h " + Math.floor((s % 3600) / 60) + " min";
}

// drawConns lists the connections. The one that is selected keeps what is typed in it.
const cards = new Map();
function drawConns() {
  const now = Date.now();
  const ids = new Set(conns.map((c) => c.id));
  for (const [id, card] of cards) {
    if (!ids.has(id)) {
      card.node.remove();
      cards.delete(id);
    }
  }
  let at = $("conns").firstChild;
  for (const c of conns) {
    let card = cards.get(c.id);
    if (!card) cards.set(c.id, card = newCard(c));
    card.facts.replaceChildren(...facts(c, now));
    card.node.classList.toggle("own", Boolean(c.client));
    card.client = c.client;
    card.asClient.hidden = !c.client;
    if (card.node === at) at = at.nextSibling;
    else $("conns").insertBefore(card.node, at);
  }
  $("known").replaceChildren(...conns.map((c) => el("option", { value: c.id })));
}

function facts(c, now) {
  const list = [el("span", {}, c.address || "no address"), el("span", {}, "for " + ago(now - c.at)), el("span", {}, "silent " + ago(now - c.active))];
  if (c.queued) list.push(el("b", { class: "error" }, bytes(c.queued) + " waiting"));
  if (c.route) list.push(el("span", {}, "last " + c.route));
  if (c.principal) list.push(el("span", {}, "as " + c.principal));
  if (c.subprotocol) list.push(el("span", {}, c.subprotocol));
  for (const g of c.groups ?? []) list.push(el("span", { class: "group" }, g));
  return list;
}

function newCard(c) {
  const card = { client: c.client };
  const answer = el("p", { class: "answer", role: "status" });
  const text = el("textarea", { rows: 2, "aria-label": "Message for " + c.id, placeholder: "Message", spellcheck: "false" });
  const act = async (path, body, done) => {
    try {
      await call(path, body);
      answer.textContent = done;
      answer.classList.remove("error");
    } catch (e) {
      answer.textContent = e.message;
      answer.classList.add("error");
    }
  };
  card.asClient = el("button", { class: "main", click: () => act("clients/send", { client: card.client, text: text.value }, "Sent to the server.") }, "Send to server");
  const body = el("div", { class: "actions", hidden: true }, text,
    el("div", { class: "buttons" }, card.asClient,
      el("button", { click: () => act("send", { conn: c.id, text: text.value }, "Sent to the client.") }, "Send to client"),
      el("button", { click: () => choose(c.id) }, "Filter"),
      el("button", { class: "danger", click: () => act("close", { conn: c.id }, "Closing…") }, "Disconnect")),
    answer);
  const button = el("button", { class: "card-head", "aria-expanded": "false", click: () => {
    selected = selected === c.id ? "" : c.id;
    for (const [id, other] of cards) other.show(id === selected);
  } }, chip(c.id), c.client ? el("span", { class: "soft" }, "this page") : "");
  card.show = (yes) => {
    body.hidden = !yes;
    button.setAttribute("aria-expanded", String(yes));
  };
  card.facts = el("p", { class: "facts soft" });
  card.node = el("li", { class: "card" }, button, card.facts, body);
  if (c.agent) card.node.title = c.agent;
  card.show(selected === c.id);
  return card;
}

$("connect").onsubmit = async (event) => {
  event.preventDefault();
  const form = $("connect");
  const answer = form.querySelector(".answer");
  const { query, headers, subprotocols } = form.elements;
  try {
    const { conn } = await call("clients/open", { query: query.value, headers: headers.value, subprotocols: subprotocols.value });
    answer.textContent = "Connected as " + conn;
    answer.classList.remove("error");
    selected = conn;
    for (const [id, card] of cards) card.show(id === selected);
  } catch (e) {
    answer.textContent = e.message;
    answer.classList.add("error");
  }
};

$("filter").oninput = drawLines;
$("filter").onsubmit = (event) => event.preventDefault();

$("pause").onclick = () => {
  paused = !paused;
  waiting = 0;
  $("pause").setAttribute("aria-pressed", String(paused));
  $("pause").textContent = paused ? "Continue" : "Pause";
  say(paused ? "Paused" : "Live");
  if (!paused) drawLines();
};

$("clear").onclick = async () => {
  try {
    await call("clear", {});
  } catch (e) {
    say(e.message, true);
    return;
  }
  lines.clear();
  waiting = 0;
  drawLines();
};

// A recording is in memory until it is stopped; "tyg record" writes longer ones to a file.
let recording = null;
$("record").onclick = async () => {
  if (recording) {
    recording.abort();
    return;
  }
  recording = new AbortController();
  $("record").setAttribute("aria-pressed", "true");
  const parts = [];
  try {
    const response = await fetch("api/record", { headers: { Authorization: "Bearer " + token }, signal: recording.signal });
    if (!response.ok) throw new Error((await response.json()).error);
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
    }
  } catch (e) {
    if (e.name !== "AbortError") say(e.message, true);
  }
  recording = null;
  $("record").setAttribute("aria-pressed", "false");
  if (parts.length > 0) save(new Blob(parts, { type: "application/jsonl" }));
};

function save(blob) {
  const url = URL.createObjectURL(blob);
  const at = new Date().toISOString().replace(/[:.]/g, "-");
  el("a", { href: url, download: `session-${at}.jsonl` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function recordings(n) {
  $("record").textContent = recording ? "Stop and save" : n > 0 ? `Record (${n} running)` : "Record";
}

for (const button of document.querySelectorAll(".tabs button")) {
  button.onclick = () => {
    document.querySelector("main").dataset.tab = button.dataset.tab;
    for (const other of document.querySelectorAll(".tabs button")) other.setAttribute("aria-pressed", String(other === button));
  };
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "Escape" && typing) typing.blur();
  if (typing || $("ask").open) return;
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (event.key === "/") {
    event.preventDefault();
    filter.text.focus();
  } else if (event.key === "p") {
    $("pause").click();
  } else if (step && (event.key.length === 1 || event.target.closest("#lines"))) {
    event.preventDefault();
    move(step);
  }
});

// move focuses the next or the previous row.
function move(step) {
  const buttons = [...document.querySelectorAll("#lines button.row")];
  const at = buttons.indexOf(document.activeElement?.closest("li.line")?.querySelector("button.row"));
  buttons[Math.max(0, Math.min(buttons.length - 1, at + step))]?.focus();
}

setInterval(drawConns, 1000);
connect();
