// Draws every plot of the page from the data blocks, in the theme of the screen or of paper.
(() => {
  "use strict";
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const plots = read("plots");
  const themes = read("themes");
  const nodes = [...document.querySelectorAll("[data-plot]")];
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const config = { displayModeBar: false, responsive: true, scrollZoom: false, showTips: false };

  const draw = (mode) => {
    for (const node of nodes) {
      const plot = plots[node.dataset.plot];
      Plotly.react(node, plot.data, { ...plot.layout, template: themes[mode] }, config);
    }
  };
  const screenMode = () => (dark.matches ? "dark" : "light");

  draw(screenMode());
  dark.addEventListener("change", () => draw(screenMode()));
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((fold) => { fold.open = true; });
    draw("light");
  });
  window.addEventListener("afterprint", () => draw(screenMode()));
})();
