"use strict";
// Charts of the last five minutes, one value a second, as SVG. Text goes in as text only.

// el makes an element: el("p", {class: "soft"}, "text", child).
function el(name, attributes, ...children) {
  const svg = name === "svg" || name === "path" || name === "line" || name === "circle";
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(key, value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== null && child !== ""));
  return node;
}

const seconds = 300;
const gap = 3000; // milliseconds without a sample: no page was open
const width = 300;
const height = 64;

function shortNumber(n) {
  if (n >= 1e6) return (n / 1e6).toFixed(1) + " M";
  if (n >= 1e4) return (n / 1e3).toFixed(0) + " k";
  if (n >= 100 || Number.isInteger(n)) return Math.round(n).toLocaleString("en");
  return n.toFixed(n < 1 ? 2 : 1);
}

function bytes(n) {
  if (n >= 1 << 20) return (n / (1 << 20)).toFixed(1) + " MB";
  if (n >= 1024) return (n / 1024).toFixed(1) + " KB";
  return n + " B";
}

// A chart shows some series, each a key of the samples.
class Chart {
  constructor(title, series, show) {
    this.series = series;
    this.show = show;
    this.title = title;
    this.values = series.map((s) => el("b", { class: "s" + s.color }));
    const legend = series.map((s, i) => el("span", {}, s.name + " ", this.values[i]));
    this.paths = series.map((s) => el("path", { class: "curve s" + s.color, fill: "none" }));
    this.svg = el("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img" },
      el("line", { x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5, class: "axis" }), ...this.paths);
    this.top = el("span", { class: "top soft", "aria-hidden": "true" });
    this.node = el("figure", {},
      el("figcaption", {}, el("span", { class: "title" }, title), el("span", { class: "legend" }, ...legend)),
      el("div", { class: "plot" }, this.svg, this.top));
  }

  draw(samples, now) {
    let top = 0;
    for (const s of samples) for (const { key } of this.series) top = Math.max(top, s[key]);
    const scale = top > 0 ? top : 1;
    const span = samples.length ? Math.min(seconds, Math.max(60, (now - samples[0].at) / 1000)) : seconds;
    this.series.forEach(({ key }, i) => {
      const points = samples.map((s, n) => {
        const x = width - ((now - s.at) / 1000 / span) * width;
        const y = height - 1 - (s[key] / scale) * (height - 6);
        const begins = n === 0 || s.at - samples[n - 1].at > gap; // nothing was seen before it
        const point = `${x.toFixed(1)},${y.toFixed(1)}`;
        return begins ? `M${point}h0` : "L" + point; // a point alone is a dot
      });
      this.paths[i].setAttribute("d", points.join(""));
      this.values[i].textContent = samples.length ? this.show(samples[samples.length - 1][key]) : "–";
    });
    this.top.textContent = top > 0 ? this.show(top) : "";
    const said = this.series.map(({ name }, i) => `${name} ${this.values[i].textContent}`).join(", ");
    this.svg.setAttribute("aria-label", `${this.title}: ${said}; at most ${this.show(top)} in the last five minutes`);
  }
}

function milliseconds(ms) {
  if (ms < 0.001) return "< 1 µs";
  if (ms < 0.9995) return (ms * 1000).toFixed(0) + " µs";
  if (ms >= 1000) return (ms / 1000).toFixed(2) + " s";
  return (ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2)) + " ms";
}

function newCharts() {
  return [
    new Chart("Connections", [{ key: "conns", name: "open", color: 1 }], shortNumber),
    new Chart("Messages a second", [{ key: "in", name: "in", color: 1 }, { key: "out", name: "out", color: 2 }], shortNumber),
    new Chart("Handlers", [{ key: "p50", name: "p50", color: 1 }, { key: "p99", name: "p99", color: 2 }], (ms) => (ms === 0 ? "–" : milliseconds(ms))),
    new Chart("Waiting for clients", [{ key: "queued", name: "queued", color: 1 }], bytes),
  ];
}
