// What the page does by itself: the way back after a reload, words that can be clicked, files from anywhere, keys.
const SESSION = "segue-session";
window.segueKept = () => [sessionStorage.getItem(SESSION) || ""];
window.segueKeep = (id) => sessionStorage.setItem(SESSION, id || "");
window.segueMayDelete = (id) => [id && confirm("Delete this conversation? What it made stays in the store.") ? id : ""];

const $ = (what, where = document) => where.querySelector(what);
const $$ = (what, where = document) => [...where.querySelectorAll(what)];
// Elements are only ever made of text: titles come from outside.
const el = (tag, attributes = {}, ...inside) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, then] of Object.entries(value)) made.addEventListener(event, then);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...inside.filter((one) => one != null));
  return made;
};
const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds || 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};
const length = (seconds) => clock(Math.round(seconds || 0));
const box = () => $(".sg-input textarea");
const announce = (text) => { const live = $("#sg-live"); if (live) live.textContent = text; };

// -- saying ----------------------------------------------------------------------------------------
const write = (text, into = box()) => {
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(into), "value").set.call(into, text);
  into.dispatchEvent(new Event("input", { bubbles: true }));
  into.focus();
};
const scanAgain = (folder) => {
  write(folder, $(".sg-folder textarea, .sg-folder input"));
  setTimeout(() => $(".sg-add").click(), 60);  // Gradio takes a moment to know what stands in a box
};
const say = (text) => {
  if (!box() || box().disabled) return;
  const draft = box().value.trim();
  write(draft ? `${draft} ${text}` : text);
  // What somebody was writing is not sent for them.
  if (!draft) setTimeout(() => $(".sg-input .submit-button")?.click(), 60);
};

// What the next message is about, besides its words.
let carried = [];
const showCarried = () => {
  const bar = $("#sg-carried");
  if (!bar) return;
  bar.replaceChildren(...carried.map(({ id, title }) => el("span", { class: "sg-chip" }, `with ${title}`, el("button", {
    type: "button", "aria-label": `Leave ${title} out`, on: { click: () => { carried = carried.filter((one) => one.id !== id); showCarried(); } },
  }, "✕"))));
};
const carry = (id, title) => {
  if (!carried.some((one) => one.id === id)) carried.push({ id, title });
  showCarried();
  announce(`${title} goes with your next message`);
  box()?.focus();
};
window.segueCarried = (sent) => {
  const meant = meaning && sent?.text === meaning.said ? meaning.means : null;
  const along = { carried: meant ? [] : carried.map((one) => one.id), heard: told(), ...meant };
  if (!meant) carried = [];
  meaning = null;
  showCarried();
  if (sent?.text || sent?.files?.length || along.carried.length) sending(sent?.text || "");
  return JSON.stringify(along);
};
// What some buttons mean goes along with the words that they say: exactly that chip, exactly that turn.
let meaning = null;
const mean = (means, said) => {
  if (!box() || box().disabled) return;
  if (box().value.trim()) { announce("Send or clear what you are writing first."); box().focus(); return; }
  meaning = { means, said };
  say(said);
};
// Seen at once, however long the page and the server take to say anything.
const sending = (text) => {
  $("#sg-carried .sg-pending")?.remove();
  $("#sg-carried")?.append(el("span", { class: "sg-chip sg-pending" }, `Sending: ${text.slice(0, 80)}`));
};
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target === box() && box().value.trim()) sending(box().value.trim());
}, true);

document.addEventListener("click", (event) => {
  const at = (what) => event.target.closest?.(what);
  const words = at("[data-say]"), takes = at("[data-carry]");
  if (words) say(words.dataset.say);
  else if (takes) carry(takes.dataset.carry, takes.dataset.title);
  else if (at("[data-folder]")) scanAgain(at("[data-folder]").dataset.folder);
  else if (at("[data-drop]")) mean({ drop: at("[data-drop]").dataset.drop }, `without ${at("[data-drop]").dataset.drop}`);
  else if (at("[data-again]")) mean({ again: at("[data-again]").dataset.again }, at("[data-again]").dataset.words);
  else if (at("[data-stop]")) $(".sg-stop")?.click();
});

// What was just said is brought into view, wherever one had scrolled to; what was answered is read out.
let said = 0, answers = -1;
const onChange = [];
let waiting = false;
new MutationObserver(() => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    const all = $$(".sg-chat .sg-said");
    if (all.length > said) all[all.length - 1].scrollIntoView({ block: "start" });
    if (all.length !== said || $(".sg-chat [aria-busy=true]")) $("#sg-carried .sg-pending")?.remove();
    said = all.length;
    const done = $$(".sg-chat .sg-turn:not([aria-busy])");
    if (answers >= 0 && done.length > answers) announce(done[done.length - 1].querySelector("p")?.textContent || "Done");
    answers = done.length;
    for (const then of onChange) then();
  });
}).observe(document.body, { childList: true, subtree: true });

// Running steps show their seconds; the list is drawn anew with every progress, so when each began is kept here.
const began = new Map();
setInterval(() => {
  const shown = $$("[data-ticks]");
  if (!shown.length) began.clear();
  for (const place of shown) {
    const since = began.get(place.dataset.ticks) ?? Date.now();
    began.set(place.dataset.ticks, since);
    place.textContent = `${((Date.now() - since) / 1000).toFixed(1)} s`;
  }
}, 200);

// So are the details that somebody opened.
const opened = new Set();
document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.("[aria-busy=true] .sg-args")) return;
  if (event.target.open) opened.add(event.target.dataset.step); else opened.delete(event.target.dataset.step);
}, true);
onChange.push(() => {
  const shown = $$("[aria-busy=true] .sg-args");
  if (!shown.length) opened.clear();
  for (const one of shown) if (opened.has(one.dataset.step)) one.open = true;
});

// -- files from anywhere -----------------------------------------------------------------------------
const take = (files) => {
  const input = $(".sg-input input[type=file]");
  if (!input || !files.length) return;
  const bag = new DataTransfer();
  for (const file of files) bag.items.add(file);
  input.files = bag.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  box()?.focus();
};
const holdsFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
let over = 0;
const showOver = () => document.body.classList.toggle("sg-dropping", over > 0);
document.addEventListener("dragenter", (event) => { if (holdsFiles(event)) { over += 1; showOver(); } });
document.addEventListener("dragleave", (event) => { if (holdsFiles(event)) { over = Math.max(0, over - 1); showOver(); } });
document.addEventListener("dragover", (event) => { if (holdsFiles(event)) event.preventDefault(); });
document.addEventListener("drop", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  event.stopPropagation();
  over = 0;
  showOver();
  take(event.dataTransfer.files);
}, true);
document.addEventListener("paste", (event) => {
  const files = event.clipboardData?.files;
  if (!files?.length || event.target.closest?.(".sg-input")) return;  // the box takes what is pasted into it
  event.preventDefault();
  take(files);
});

// -- keys --------------------------------------------------------------------------------------------
const writes = (target) => target.closest?.("input:not([type=range]):not([type=radio]), textarea, select, [contenteditable=true]");
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && $(".sg-stop")?.offsetParent) { $(".sg-stop").click(); return; }
  if (event.altKey && event.key.toLowerCase() === "n") { event.preventDefault(); $(".sg-new")?.click(); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return;
  if (event.key === "/") { event.preventDefault(); box()?.focus(); }
  if (event.key === "." && $(".sg-right .toggle-button")) { event.preventDefault(); $(".sg-right .toggle-button").click(); }
});

// -- names that Gradio leaves out, or gives twice --------------------------------------------------------------------
const name = (what, label) => {
  for (const one of $$(what)) if (one.getAttribute("aria-label") !== label) one.setAttribute("aria-label", label);
};
onChange.push(() => {
  name(".sg-side .toggle-button", "Conversations");
  name(".sg-right .toggle-button", "Now, library and taste");
  name(".sg-input textarea", "Message");
  name(".sg-input .submit-button", "Send");
  name(".sg-input .upload-button", "Attach files");
  name(".sg-input input[type=file]", "Attach files");
  for (const one of $$(".sidebar .toggle-button")) one.setAttribute("aria-expanded", String(one.closest(".sidebar").classList.contains("open")));
});

const narrow = window.matchMedia("(max-width: 768px)").matches;
const bar = (side) => $(`.sidebar${side}`) || $(`${side} .sidebar`) || $(side)?.closest(".sidebar");
const isOpen = (side) => bar(side)?.classList.contains("open");
const toggle = (side) => $(".toggle-button", bar(side))?.click();
if (narrow && isOpen(".sg-side")) toggle(".sg-side");
window.segueOpenLibrary = () => {
  if (!isOpen(".sg-right")) toggle(".sg-right");
  const library = $$(".sg-right button.label-wrap").find((head) => head.textContent.includes("Library"));
  if (library && !library.classList.contains("open")) library.click();
  setTimeout(() => $("textarea, input", $(".sg-folder"))?.focus(), 400);
};
