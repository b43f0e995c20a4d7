/* Upgrades a server-drawn chart (<figure data-chart='{…}'>) to uPlot: crosshair, exact values under the pointer.
   If this script fails, the drawing and its table stay as they are. */
(function () {
  "use strict";
  var HEIGHT = 220;

  function colour(name) {
    var probe = document.createElement("span");
    probe.className = "chart-probe tone-" + name;
    document.body.append(probe);
    var value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  }

  function faded(rgb, alpha) {
    var parts = rgb.match(/[\d.]+/g);
    return parts && rgb.indexOf("rgb") === 0 ? "rgba(" + parts.slice(0, 3).join(",") + "," + alpha + ")" : "transparent";
  }

  function settings(data, width) {
    var language = document.documentElement.lang || undefined;
    var format = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
    var axis = { stroke: colour("muted"), font: "12px Inter, system-ui, sans-serif", ticks: { show: false } };
    var grid = { stroke: colour("line"), width: 1 };
    var span = (data.x[data.x.length - 1] - data.x[0]) || 0;
    var tick = new Intl.DateTimeFormat(language, span > 172800 ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit" });
    var full = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: span > 2592000 ? undefined : "short" });
    function shown(value) { return value === null || value === undefined ? "–" : format.format(value) + (data.unit ? " " + data.unit : ""); }
    return {
      width: width,
      height: HEIGHT,
      padding: [12, 24, 0, 0],
      cursor: { y: false, points: { size: 8 } },
      legend: { live: true },
      axes: [
        Object.assign({ grid: { show: false }, space: 64, values: function (u, splits) { return splits.map(function (v) { return tick.format(v * 1000); }); } }, axis),
        Object.assign({ grid: grid, size: 56, values: function (u, splits) { return splits.map(function (v) { return format.format(v); }); } }, axis),
      ],
      scales: { y: { range: function (u, low, high) { return [Math.min(0, low || 0), (high || 1) * 1.08]; } } },
      series: [{ label: "Time", value: function (u, at) { return at === null || at === undefined ? "–" : full.format(at * 1000); } }].concat(data.series.map(function (line, index) {
        var stroke = colour(line.tone);
        return {
          label: line.label, stroke: stroke, width: 2, points: { show: false }, dash: index ? [6, 4 * index] : undefined,
          fill: index === 0 ? faded(stroke, 0.1) : undefined, value: function (u, value) { return shown(value); },
        };
      })),
    };
  }

  function draw(figure) {
    var data = JSON.parse(figure.dataset.chart);
    var holder = figure.querySelector("[data-chart-canvas]");
    var values = [data.x].concat(data.series.map(function (line) { return line.values; }));
    if (figure.chart) figure.chart.destroy();
    holder.replaceChildren();
    figure.chart = new window.uPlot(settings(data, Math.floor(holder.clientWidth)), values, holder);
    figure.classList.add("is-live");
  }

  function follow(figure) {
    if (figure.follows) return;
    figure.follows = true;
    draw(figure);
    new ResizeObserver(function () {
      var width = Math.floor(figure.querySelector("[data-chart-canvas]").clientWidth);
      if (width && figure.chart && width !== figure.chart.width) figure.chart.setSize({ width: width, height: HEIGHT });
    }).observe(figure);
  }

  function all(root) {
    if (!window.uPlot) return;
    if (root.matches && root.matches("[data-chart]")) follow(root);
    root.querySelectorAll("[data-chart]").forEach(follow);
  }

  all(document);
  document.addEventListener("htmx:load", function (event) { all(event.detail.elt); });
  document.addEventListener("themechange", function () {
    document.querySelectorAll("[data-chart].is-live").forEach(draw);
  });
})();
