// The tables of the results, as Markdown.
import { median, sum } from "../bench-shared/statistics.mjs";
import { BASE } from "./competitors.mjs";

const NONE = "–";

/** A work's results: those of each competitor, by its name, are `{ rounds }` or `{ reason }`. */
export function tables(results, competitors) {
  const lines = [];
  const line = (...cells) => lines.push(`| ${cells.join(" | ")} |`);
  const notes = [];
  const note = (text) => {
    if (!notes.includes(text)) notes.push(text);
    return `${NONE} (${notes.indexOf(text) + 1})`;
  };
  const columns = competitors.filter(({ name }) => name !== BASE);
  line("time ÷ that of the XHR loop, 6 at once", ...columns.map(({ title }) => title));
  line("---", ...columns.map(() => "---:"));
  for (const { work, outcomes } of results) {
    const base = medians(outcomes[BASE]);
    line(work.title, ...columns.map(({ name }) => cellOf(outcomes[name], note, (figures) => ratio(figures, base))));
  }
  for (const { work, outcomes } of results) {
    lines.push("");
    line(work.title, `÷ ${competitors.find(({ name }) => name === BASE).title}`, "time", "memory", "processor", "requests: preflights + backend + store");
    line("---", "---:", "---:", "---:", "---:", "---:");
    const base = medians(outcomes[BASE]);
    for (const { name, title } of competitors) {
      const outcome = outcomes[name];
      const figures = medians(outcome);
      if (!figures) line(title, note(outcome.reason), NONE, NONE, NONE, NONE);
      else line(title, ratio(figures, base), time(figures.milliseconds), memory(figures.memory), seconds(figures.cpu), requests(figures, note));
    }
  }
  lines.push("", ...notes.map((text, at) => `(${at + 1}) ${text}.`));
  return lines.join("\n");
}

/** The medians of the rounds; `undefined` if there is none. */
export function medians(outcome) {
  if (!outcome?.rounds) return undefined;
  const of = (read) => median(outcome.rounds.map(read));
  const [{ requests }] = outcome.rounds;
  return {
    milliseconds: of((round) => round.milliseconds),
    memory: of((round) => round.memory),
    cpu: of((round) => round.cpu),
    ...(requests && { requests: Object.fromEntries(Object.keys(requests).map((name) => [name, of((round) => round.requests[name])])) }),
  };
}

function cellOf(outcome, note, form) {
  const figures = medians(outcome);
  return figures ? form(figures) : note(outcome.reason);
}

const ratio = ({ milliseconds }, base) => (base ? (milliseconds / base.milliseconds).toFixed(2) : NONE);
const time = (milliseconds) => (milliseconds < 10_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`);
const memory = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const seconds = (value) => `${value.toFixed(2)} s`;

function requests({ requests }, note) {
  if (!requests) return note("the project's server counts no requests");
  const { preflight, backend, store } = requests;
  return `${Math.round(sum([preflight, backend, store]))}: ${[preflight, backend, store].map(Math.round).join(" + ")}`;
}
