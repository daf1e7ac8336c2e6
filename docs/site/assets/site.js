// Search, the menu of narrow screens, and keys. A page is readable without this script.
"use strict";

const $ = (id) => document.getElementById(id);
const most = 20; // results

// load runs a script of the site, once. From a file, a page may load scripts but no data.
const loading = new Map();
function load(src) {
  if (!loading.has(src)) {
    loading.set(src, new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = src;
      script.onload = resolve;
      script.onerror = () => reject(new Error("cannot load " + src));
      document.head.append(script);
    }));
  }
  return loading.get(src);
}

let index; // a promise of the search
function openIndex() {
  index ??= Promise.all([load("vendor/minisearch.js"), load("search-index.js")]).then(() => {
    const search = new MiniSearch({ idField: "url", fields: ["title", "page", "text"] });
    search.addAll(searchEntries);
    return { search, entries: new Map(searchEntries.map((e) => [e.url, e])) };
  });
  return index;
}

async function search() {
  const query = $("query").value.trim();
  if (query === "") return show([], "");
  let found;
  try {
    const { search, entries } = await openIndex();
    const options = { prefix: true, fuzzy: (term) => (term.length > 4 ? 0.2 : 0),
      boost: { title: 4, page: 2 }, combineWith: "AND" };
    found = search.search(query, options).map((r) => ({ ...entries.get(r.id), terms: r.terms }));
  } catch (err) {
    return show([], String(err.message));
  }
  if (query !== $("query").value.trim()) return; // typed on meanwhile
  const count = found.length === 1 ? "1 result" : found.length + " results";
  show(found.slice(0, most), found.length > most ? count + ", the best " + most : count);
}

function show(found, count) {
  $("found").hidden = count === "";
  $("count").textContent = count;
  $("results").replaceChildren(...found.map(result));
}

function result(entry) {
  const link = document.createElement("a");
  link.href = entry.url;
  const title = document.createElement("strong");
  title.textContent = entry.title;
  const page = document.createElement("small");
  page.textContent = entry.page === entry.title ? "" : entry.page;
  const text = document.createElement("span");
  text.append(...excerpt(entry.text, entry.terms));
  link.append(title, " ", page, text);
  const item = document.createElement("li");
  item.append(link);
  return item;
}

// excerpt returns the part of a text around the first of the terms, with the terms marked.
function excerpt(text, terms) {
  const escaped = terms.map((t) => t.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const term = new RegExp("(" + escaped.join("|") + ")", "giu");
  const at = Math.max(0, text.search(term));
  const start = at < 60 ? 0 : text.indexOf(" ", at - 60) + 1;
  const part = (start > 0 ? "… " : "") + text.slice(start, start + 160);
  return part.split(term).map((piece, i) => {
    if (i % 2 === 0) return piece;
    const mark = document.createElement("mark");
    mark.textContent = piece;
    return mark;
  });
}

// Arrows move between the field and the results, Escape closes them, and / opens the search.
function key(event) {
  const links = [...$("results").querySelectorAll("a")];
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    $("query").focus();
    $("query").select();
  } else if (event.key === "Escape" && !$("found").hidden) {
    show([], "");
    $("query").focus();
  } else if (/^Arrow(Up|Down)$/.test(event.key) && $("search").contains(document.activeElement)) {
    const to = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    if (to >= links.length || to < -1) return;
    (links[to] ?? $("query")).focus();
  } else {
    return;
  }
  event.preventDefault();
}

// What scrolls sideways can be scrolled with keys.
function reach() {
  for (const box of document.querySelectorAll("main pre, main .table, main p:has(> img)")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

$("search").hidden = $("menu").hidden = false;
document.documentElement.classList.add("scripted");
$("search").addEventListener("submit", (event) => {
  event.preventDefault();
  $("results").querySelector("a")?.click();
});
$("query").addEventListener("input", search);
$("query").addEventListener("focus", () => void openIndex().catch(() => {}));
document.addEventListener("keydown", key);
document.addEventListener("click", (event) => {
  if (!$("search").contains(event.target)) show([], "");
});
$("menu").addEventListener("click", () => {
  const open = $("menu").getAttribute("aria-expanded") !== "true";
  $("menu").setAttribute("aria-expanded", open);
  $("nav").classList.toggle("open", open);
});
addEventListener("resize", reach);
addEventListener("load", reach);
reach();
document.querySelector('#nav [aria-current="page"]')?.scrollIntoView({ block: "nearest" });
