// A thing's figures over time, drawn from the table that stands on the page.

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
const place = document.getElementById("history");
const dark = matchMedia("(prefers-color-scheme: dark)");

const rows = [...document.querySelectorAll("#observations tbody tr")];
const days = rows.map((row) => row.querySelector("time").dateTime);
const column = (number) =>
  rows.map((row) => {
    const { value } = row.children[number].dataset;
    return value === undefined ? null : Number(value);
  });

function line(name, number, colour, axes) {
  return {
    type: "scatter", mode: "lines+markers", name, x: days, y: column(number), ...axes,
    line: { color: colour, width: 2 }, marker: { size: 7 }, cliponaxis: false, showlegend: false,
    hovertemplate: `%{y:,} ${name}<br>%{x|%-d %b %Y}<extra></extra>`,
  };
}

function heading(text, y) {
  return { text, x: 0, y, xref: "paper", yref: "paper", xanchor: "left", yanchor: "bottom", showarrow: false };
}

function draw() {
  const [ink, grid] = dark.matches ? ["#c3ccd4", "#2c353d"] : ["#3a444d", "#e4e1d9"];
  const axis = { gridcolor: grid, zeroline: false, fixedrange: true, nticks: 4, tickformat: ",d", rangemode: "tozero" };
  const time = { type: "date", fixedrange: true, showgrid: false, linecolor: grid, showline: true };
  Plotly.react(
    place,
    [line("downloads", 1, "#168a80", {}), line("likes", 2, "#c8641d", { xaxis: "x", yaxis: "y2" })],
    {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: FONT, size: 12, color: ink },
      margin: { l: 56, r: 16, t: 24, b: 32 }, dragmode: false, hovermode: "closest",
      xaxis: { ...time, anchor: "y2" }, yaxis: { ...axis, domain: [0.56, 1] }, yaxis2: { ...axis, domain: [0, 0.42] },
      annotations: [heading("Downloads", 1), heading("Likes", 0.42)],
    },
    { displayModeBar: false, responsive: true },
  );
}

draw();
dark.addEventListener("change", draw);
