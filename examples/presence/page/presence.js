// The server sends {"here": […]} to who comes in, and {"join": …} and {"left": …} to the others.
const form = document.getElementById("form");
const input = document.getElementById("name");
const list = document.getElementById("people");
const state = document.getElementById("state");
const address = new URL("/api/", location.href.replace(/^http/, "ws"));

let socket;
let name = ""; // empty until the person has said it
let me = ""; // the id of this page's connection
let pause = 1000; // milliseconds until the next attempt
const people = new Map(); // by connection
const gone = new Set(); // connections that have left; no other will have their ids

function show() {
  const rows = [...people.values()].sort((a, b) => a.name.localeCompare(b.name)).map((person) => {
    const row = document.createElement("li");
    row.textContent = person.name; // text, whatever it contains
    row.classList.toggle("me", person.id === me);
    return row;
  });
  list.replaceChildren(...rows);
  const empty = name ? "Coming in…" : "Say your name to come in.";
  state.textContent = people.size === 0 ? empty : `Here now: ${people.size}`;
}

// A list may have been made before a person left, and arrive after the news of it.
function add(person) {
  if (!gone.has(person.id)) people.set(person.id, person);
}

function receive(change) {
  if (change.here) {
    me = change.you;
    form.hidden = true;
    for (const person of change.here) add(person);
  }
  if (change.join) add(change.join);
  if (change.left) {
    gone.add(change.left.id);
    people.delete(change.left.id);
  }
  show();
}

function connect() {
  socket = new WebSocket(address);
  socket.onopen = () => {
    pause = 1000;
    people.clear();
    gone.clear();
    show();
    if (name) socket.send(name);
  };
  socket.onmessage = (event) => receive(JSON.parse(event.data));
  socket.onclose = () => {
    state.textContent = "Not connected. Trying again…";
    setTimeout(connect, pause * Math.random());
    pause = Math.min(2 * pause, 30_000);
  };
}

form.onsubmit = (event) => {
  event.preventDefault();
  name = input.value.trim();
  if (name && socket.readyState === WebSocket.OPEN) socket.send(name);
};
connect();
