/** The page of a food photo: a tap marks a food, its row says what it may be and takes a name and an amount. */
import { request } from "../web/api.js";
import { make } from "../web/dom.js";
import { percent } from "../web/format.js";
import { toastError } from "../web/toast.js";
import { fill, gettext } from "../web/words.js";

const page = document.querySelector("[data-photo]");
const find = (name) => page.querySelector(`[data-${name}]`);
const [frame, boxes, plate, state, empty] = ["frame", "boxes", "plate", "state", "empty"].map(find);
const meal = find("meal");
const names = document.getElementById("food-names");
const SIDE = 0.35;
const regions = new Map();

/** The box of a tap, in shares of the photo, inside it. */
function boxAround(x, y) {
  const { width, height } = frame.getBoundingClientRect();
  const [across, down] = width > height ? [SIDE * height / width, SIDE] : [SIDE, SIDE * width / height];
  const inside = (at, size) => Math.min(Math.max(at - size / 2, 0), 1 - size);
  return [inside(x, across), inside(y, down), across, down];
}

function draw() {
  boxes.replaceChildren(...[...regions.values()].filter((one) => one.box).map(({ box }) => {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    ["x", "y", "width", "height"].forEach((name, n) => rect.setAttribute(name, box[n]));
    return rect;
  }));
  empty.hidden = regions.size > 0;
  meal.hidden = "saved" in page.dataset || ![...regions.values()].some(({ food }) => food);
}

/** Foods of the table that fit what is typed, offered under the field; id by name. */
const known = new Map();
let asked = 0;

async function suggest(text) {
  const mine = ++asked;
  if (text.trim().length < 2) return;
  const { results } = await request(`/api/v1/foods/?q=${encodeURIComponent(text)}`);
  if (mine !== asked) return;
  results.forEach(({ name, id }) => known.has(name) || known.set(name, id));
  names.replaceChildren(...results.slice(0, 8).map(({ name }) => Object.assign(make("option"), { value: name })));
}

function input(label, type, value) {
  const field = make("div", "field");
  const control = make("input");
  const words = make("label", "", label);
  control.type = type;
  control.value = value ?? "";
  words.append(control);
  field.append(words);
  return [field, control];
}

function said({ answer }) {
  if (answer.missing) return gettext("No model answers now. Enter the name yourself.");
  if (answer.reason) return gettext("This food is not recognised. These come closest:");
  return gettext("It may be:");
}

function choices(region, name) {
  const list = make("div", "actions");
  const own = region.answer.own.map((one) => [one.name, fill(gettext("%(name)s (yours)"), one)]);
  const known = region.answer.scores.map((one) => [one.title, `${one.title} ${percent(one.score)}`]);
  for (const [title, text] of [...own, ...known]) {
    const button = make("button", "secondary small", text);
    button.type = "button";
    button.addEventListener("click", () => { name.value = title; });
    list.append(button);
  }
  return list;
}

function row(region) {
  const item = make("li");
  const form = make("form", "stack");
  const [nameField, name] = input(gettext("Food"), "text", region.label);
  const [gramsField, grams] = input(gettext("Amount (g)"), "number", region.grams ?? 100);
  Object.assign(name, { required: true, maxLength: 120, autocomplete: "off" });
  name.setAttribute("list", "food-names");
  name.addEventListener("input", () => suggest(name.value).catch(() => {}));
  Object.assign(grams, { min: 1, max: 5000, step: "any" });
  const keep = make("input");
  keep.type = "checkbox";
  const remember = make("label", "", "");
  remember.append(keep, ` ${gettext("Recognise it for me from now on")}`);
  const save = make("button", "", gettext("Save"));
  const remove = make("button", "quiet danger", gettext("Remove"));
  remove.type = "button";
  const actions = make("div", "actions");
  actions.append(save, remove);
  form.append(make("p", "muted", said(region)), choices(region, name), nameField, gramsField, remember, actions);
  const url = `${page.dataset.api}${region.id}/`;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    tell(async () => {
      await request(url, { method: "PATCH", json: { grams: Number(grams.value) } });
      const kept = await request(`${url}confirm/`, { method: "POST", json: { label: name.value, food: known.get(name.value) ?? null, remember: keep.checked } });
      regions.set(region.id, kept);
      draw();
      const text = keep.checked && !kept.remembered
        ? gettext("%(name)s is saved, but it can't be recognised from now on: no image features are available.")
        : gettext("%(name)s is saved.");
      state.textContent = fill(text, { name: name.value });
    });
  });
  remove.addEventListener("click", () => tell(async () => {
    await request(url, { method: "DELETE" });
    regions.delete(region.id);
    item.remove();
    draw();
  }));
  item.append(form);
  return item;
}

function show(region) {
  regions.set(region.id, region);
  plate.append(row(region));
  draw();
}

async function tell(work) {
  try {
    await work();
  } catch (error) {
    state.textContent = "";
    toastError(error);
  }
}

const mark = (box) => tell(async () => {
  state.textContent = gettext("Looking at the photo …");
  show(await request(page.dataset.api, { method: "POST", json: { box } }));
  state.textContent = "";
});

frame.addEventListener("click", (event) => {
  const { left, top, width, height } = frame.getBoundingClientRect();
  mark(boxAround((event.clientX - left) / width, (event.clientY - top) / height));
});
meal.addEventListener("submit", (event) => {
  event.preventDefault();
  tell(async () => {
    const { slot, day } = Object.fromEntries(new FormData(meal));
    await request(page.dataset.mealApi, { method: "POST", json: { slot, day } });
    location.assign(`${page.dataset.diary}?day=${day}&slot=${slot}`);
  });
});
find("whole").addEventListener("click", () => mark(null));
tell(async () => (await request(page.dataset.api)).forEach(show));
