// The page around the model: what is picked is the only state; all else is drawn from it.

const LISTED = 10, OFFERED = 8, REASONS = 2;

const byId = (id) => document.getElementById(id);
const box = byId("search"), options = byId("options");
const past = [];
let model, rowOfId, search = null, history = [], listed = LISTED, active = -1;

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  made.append(...children);
  return made;
}

// Titles come from data: they are text, in a direction of their own.
const title = (row, tag = "bdi") => element(tag, { dir: "auto" }, model.titles[row]);
const named = (button, words, row) => {
  button.setAttribute("aria-label", `${words} ${model.titles[row]}`);
  return button;
};
const say = (words) => { byId("status").textContent = words; };

// ---- What is picked, its past, and the link that holds it

const fragment = () =>
  history.length ? `#likes=${history.map((row) => encodeURIComponent(model.ids[row])).join()}` : "#";

function decoded(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

function show(next, words) {
  history = next;
  listed = LISTED;
  window.history.replaceState(null, "", fragment());
  byId("link").hidden = true;
  warn([]);
  const [first] = draw();
  say(words + (first === undefined ? "" : `. First in the list: ${model.titles[first]}.`));
}

function change(next, words) {
  past.push(history);
  show(next, words);
}

const add = (row) => change([...history, row], `${model.titles[row]} added`);
const remove = (row) =>
  change(history.filter((other) => other !== row), `${model.titles[row]} removed`);

function undo() {
  show(past.pop(), "Undone");
  if (!past.length) box.focus();
}

function warn(unknown) {
  const told = unknown.slice(0, 3).map((id) => `“${id.slice(0, 40)}”`).join(", ");
  const more = unknown.length > 3 ? ` and ${unknown.length - 3} more` : "";
  byId("warning").textContent = unknown.length
    ? `The link names ${told}${more}, which this page does not know. The rest is here.`
    : "";
}

function readLink() {
  if (location.hash === fragment() || !location.hash.startsWith("#likes=")) return;
  const ids = Array.from(new Set(location.hash.slice(7).split(",").filter(Boolean).map(decoded)));
  const known = ids.filter((id) => rowOfId.has(id)).map((id) => rowOfId.get(id));
  change(known, `${known.length} picks read from the link`);
  warn(ids.filter((id) => !rowOfId.has(id)));
}

async function share() {
  const link = byId("link");
  link.value = location.href;
  link.hidden = false;
  link.select();
  try {
    await navigator.clipboard.writeText(link.value);
    say("The link is copied.");
    byId("share").textContent = "Copied";
    setTimeout(() => { byId("share").textContent = "Share"; }, 2000);
  } catch {
    say("Copy the link from the field.");
  }
}

// ---- Drawing

// Draws the page anew and returns what it lists.
function draw() {
  byId("picks").replaceChildren(...history.map(pick));
  byId("number").textContent = history.length || "";
  byId("nothing").hidden = history.length > 0;
  byId("clear").disabled = byId("share").disabled = !history.length;
  byId("undo").disabled = !past.length;
  const found = model.recommend(history, listed + 1);
  byId("more").hidden = found.length <= listed;
  byId("list-title").textContent = history.length ? "For you" : "Popular, to begin with";
  byId("list").replaceChildren(...found.slice(0, listed).map(listEntry));
  return found;
}

function pick(row) {
  const button = named(element("button", { type: "button" }, title(row)), "Remove", row);
  button.append(element("span", { "aria-hidden": "true" }, "×"));
  button.addEventListener("click", () => {
    const place = history.indexOf(row);
    remove(row);
    const left = byId("picks").querySelectorAll("button");
    (left[Math.min(place, left.length - 1)] || box).focus();
  });
  return element("li", {}, button);
}

function listEntry(row, place) {
  const text = element("div", { class: "text" }, title(row, "p"));
  const because = history.length ? model.reasons(history, row, REASONS) : [];
  if (because.length) {
    const names = because.flatMap((other, n) => (n ? [" and ", title(other)] : [title(other)]));
    text.append(element("p", { class: "because" }, "because of ", ...names));
  }
  const button = named(element("button", { type: "button", title: "I like it" }, "+"), "Add", row);
  button.addEventListener("click", () => {
    add(row);
    const buttons = byId("list").querySelectorAll("button");
    (buttons[Math.min(place, buttons.length - 1)] || box).focus();
  });
  return element("li", {}, text, button);
}

// ---- The search box and its options

function offer() {
  search ||= new TitleSearch(model.titles, model.counts);
  const picked = new Set(history);
  const { best, number } = search.find(box.value, (row) => picked.has(row), OFFERED);
  options.replaceChildren(...best.map(option));
  options.hidden = !best.length;
  box.setAttribute("aria-expanded", String(!options.hidden));
  const none = number ? "You have picked it." : "No title has these words.";
  const more = number > best.length ? `${best.length} of ${number} titles` : "";
  byId("hint").textContent = box.value.trim() ? (best.length ? more : none) : "";
  if (best.length) say(`${best.length} titles to choose from.`);
  activate(best.length ? 0 : -1);
}

function option(row, place) {
  const made = element("li", { id: `option-${place}`, role: "option" }, title(row));
  made.dataset.row = row;
  made.addEventListener("mousedown", (event) => event.preventDefault());
  made.addEventListener("click", () => choose(row));
  return made;
}

function activate(place) {
  active = place;
  Array.from(options.children).forEach((each, n) => {
    each.setAttribute("aria-selected", String(n === place));
    if (n === place) each.scrollIntoView({ block: "nearest" });
  });
  if (place < 0) box.removeAttribute("aria-activedescendant");
  else box.setAttribute("aria-activedescendant", `option-${place}`);
}

function choose(row) {
  box.value = "";
  offer();
  add(row);
  box.focus();
}

function shut() {
  options.hidden = true;
  box.setAttribute("aria-expanded", "false");
  activate(-1);
}

function pressed(event) {
  const number = options.hidden ? 0 : options.children.length;
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    if (number) activate((active + step + number) % number);
    else offer();
  } else if (event.key === "Enter" && number && active >= 0) {
    event.preventDefault();
    choose(Number(options.children[active].dataset.row));
  } else if (event.key === "Escape") {
    event.preventDefault();
    if (!number) box.value = "";
    byId("hint").textContent = "";
    shut();
  }
}

// ---- The start

function listen() {
  box.addEventListener("input", offer);
  box.addEventListener("keydown", pressed);
  box.addEventListener("blur", shut);
  byId("undo").addEventListener("click", undo);
  byId("clear").addEventListener("click", () => { change([], "All picks removed"); box.focus(); });
  byId("share").addEventListener("click", share);
  byId("more").addEventListener("click", () => {
    const first = listed;
    listed += LISTED;
    draw();
    byId("list").querySelectorAll("button")[first].focus();
  });
  window.addEventListener("hashchange", readLink);
}

async function start() {
  try {
    model = new PageModel(await inflated(byId("model").textContent));
  } catch (error) {
    byId("warning").textContent = "This page needs a browser of 2023 or later.";
    throw error;
  }
  rowOfId = new Map(model.ids.map((id, row) => [id, row]));
  listen();
  draw();
  readLink();
}

const ready = start();
