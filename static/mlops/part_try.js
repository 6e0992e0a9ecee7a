/** The form of /ml/parts/<name>/: send one input, show what the part answers. */
import { Problem, csrfToken } from "../web/api.js";
import { fill, gettext } from "../web/words.js";

const form = document.getElementById("part-try");
const $ = (id) => document.getElementById(id);
let address = "";

/** Show one of the results; an earlier object URL is let go. */
function show(id) {
  $("part-result").hidden = false;
  for (const one of ["part-audio", "part-output", "part-nothing"]) $(one).hidden = one !== id;
}

/** Rows of numbers as one line each. */
const inOneLine = (_, value) => (
  Array.isArray(value) && value.length && value.every(Number.isFinite) ? value.join(", ") : value
);

/** Dots of landmarks, shares of width and height, over the photo. */
function draw(landmarks) {
  const marks = $("part-marks");
  marks.replaceChildren(...landmarks.map(([x, y, , visibility = 1]) => {
    const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    for (const [name, value] of Object.entries({ cx: x, cy: y, r: 0.008, opacity: Math.max(0.25, visibility) })) {
      dot.setAttribute(name, value);
    }
    return dot;
  }));
}

/** An answer without anything in it: no body, no hands, no text. */
const isEmpty = (output) => typeof output === "object" && Object.keys(output ?? {}).length === 0;

async function ask(url, body) {
  const response = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() } });
  if (!response.ok) throw new Problem({ status: response.status, ...(await response.json().catch(() => ({}))) });
  URL.revokeObjectURL(address);
  if ((response.headers.get("Content-Type") ?? "").startsWith("audio/")) {
    address = URL.createObjectURL(await response.blob());
    $("part-audio").src = address;
    show("part-audio");
    return Number(response.headers.get("X-Seconds"));
  }
  const answer = await response.json();
  if (isEmpty(answer.output) && form.dataset.nothing) {
    $("part-nothing").textContent = form.dataset.nothing;
    show("part-nothing");
    return answer.seconds;
  }
  draw(answer.output?.image ?? []);
  $("part-output").textContent = JSON.stringify(answer.output, inOneLine, 1);
  show("part-output");
  return answer.seconds;
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  const state = $("part-state");
  button.disabled = true;
  state.textContent = gettext("Working …");
  const file = form.elements.file?.files?.[0];
  $("part-result").hidden = true;
  draw([]);
  if (file?.type.startsWith("image/")) {
    $("part-picture").src = URL.createObjectURL(file);
    $("part-picture").hidden = false;
  }
  try {
    const seconds = await ask(form.dataset.url, new FormData(form));
    state.textContent = fill(gettext("Answered in %(n)s s."), { n: seconds.toFixed(2) });
  } catch (error) {
    const words = error.status === 413 ? gettext("The file is too large. It can have at most 16 MB.") : error.message;
    state.textContent = error.errors?.[0]?.message ?? words;
  } finally {
    button.disabled = false;
  }
});
