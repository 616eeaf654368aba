// Players: one sound at a time; an outline that is a slider; small ones with a ring.
const outlines = new Map();
const outline = (id) => {
  if (!outlines.has(id)) {
    outlines.set(id, fetch(`/api/artifacts/${encodeURIComponent(id)}/peaks`).then((answer) => (answer.ok ? answer.json() : [])).catch(() => []));
  }
  return outlines.get(id);
};
// Peaks 0..100 as one path: a mirrored bar for each of so many spans.
const SVG = "http://www.w3.org/2000/svg";
const svg = (tag, attributes, ...inside) => {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inside);
  return made;
};
const bars = (peaks, count) => {
  let path = "";
  for (let n = 0; n < count; n += 1) {
    const part = peaks.slice(Math.floor((n * peaks.length) / count), Math.max(1, Math.floor(((n + 1) * peaks.length) / count)));
    const high = Math.max(2, Math.max(0, ...part) * 0.96);
    path += `M${n + 0.5} ${50 - high / 2}V${50 + high / 2}`;
  }
  return path;
};
const draw = async (wave) => {
  const peaks = await outline(wave.dataset.sound);
  if (!peaks.length) return;
  const count = Math.max(24, Math.min(480, Math.floor(wave.clientWidth / 3)));
  const picture = (kind) => svg("svg", { viewBox: `0 0 ${count} 100`, preserveAspectRatio: "none", class: kind, "aria-hidden": "true" }, svg("path", { d: bars(peaks, count) }));
  wave.replaceChildren(picture("sg-all"), picture("sg-past"));
};
const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    draw(target);
  }
});
onChange.push(() => {
  for (const wave of $$(".sg-wave:not([data-drawn])")) { wave.dataset.drawn = ""; seen.observe(wave); }
});

const buttonOf = (audio) => {
  const before = audio.previousElementSibling;
  return before && before.classList.contains("sg-play") ? before : null;
};
// What plays stays in view where an outline is wider than its place.
const follow = (wave, part) => {
  const scroll = wave.closest(".sg-scroll");
  if (!scroll || scroll.scrollWidth <= scroll.clientWidth) return;
  const at = part * scroll.scrollWidth;
  if (at < scroll.scrollLeft || at > scroll.scrollLeft + 0.9 * scroll.clientWidth) scroll.scrollLeft = at - 0.1 * scroll.clientWidth;
};
const placed = (audio) => {
  const transport = audio.closest?.(".sg-transport");
  const whole = audio.duration || Number(transport?.dataset.seconds) || 0;
  if (!whole) return;
  const part = Math.min(1, audio.currentTime / whole);
  buttonOf(audio)?.style.setProperty("--played", `${360 * part}deg`);
  const wave = transport && $(".sg-wave", transport);
  if (!wave) return;
  wave.style.setProperty("--at", `${100 * part}%`);
  follow(wave, part);
  wave.setAttribute("aria-valuenow", audio.currentTime.toFixed(1));
  wave.setAttribute("aria-valuetext", `${clock(audio.currentTime)} of ${length(whole)}`);
  $(".sg-clock", transport).textContent = audio.currentTime ? `${clock(audio.currentTime)} / ${length(whole)}` : length(whole);
};
const quiet = [];  // what else plays, and must not beside a player
const pressed = (audio, on) => buttonOf(audio)?.setAttribute("aria-pressed", on);
const listen = (type, then) => document.addEventListener(type, (event) => event.target.tagName === "AUDIO" && then(event.target), true);
// What is told with the next message: what was left for something else after so many seconds, and where one stands.
const LEFT_S = 20;  // who listened longer did not turn it down
const left = new Map();
let stands = null;
const idOf = (audio) => {
  const id = decodeURIComponent(new URL(audio.src).pathname.split("/")[2] || "");
  return id.length === 64 ? audio.closest("[data-piece]")?.dataset.piece : id;  // a stem or a preview is no piece
};
const leaves = (audio) => {  // another one was begun
  const id = idOf(audio);
  if (!id?.startsWith("t_") || audio.ended) return;
  if (audio.currentTime > 0 && audio.currentTime < Math.min(LEFT_S, 0.9 * (audio.duration || Infinity))) left.set(id, Math.round(10 * audio.currentTime) / 10);
};
const told = () => {
  const mixed = now.mixer?.ready ? { id: now.id, at_s: now.mixer.time } : null;
  const at = mixed && (now.mixer.playing || !stands || stands.id === now.id) ? mixed : stands;
  const heard = { skipped: Object.fromEntries(left), ...(at?.at_s ? { playing: { id: at.id, at_s: Math.round(10 * at.at_s) / 10 } } : {}) };
  left.clear();
  return heard;
};
let heard = null;  // what was begun last: its player, whether it still plays, and how far it is
listen("play", (audio) => {
  if (heard && heard.audio !== audio && idOf(heard.audio) !== idOf(audio)) leaves(heard.audio);
  left.delete(idOf(audio));
  for (const other of $$("audio")) if (other !== audio) other.pause();
  for (const stop of quiet) stop();
  pressed(audio, true);
  heard = { audio, plays: true, at: audio.currentTime, sketch: audio.closest("[data-sketch]") };
});
listen("pause", (audio) => { pressed(audio, false); if (heard?.audio === audio) heard.plays = false; });
listen("ended", (audio) => {
  pressed(audio, false);
  if (heard?.audio === audio) Object.assign(heard, { plays: Boolean(heard.sketch), at: audio.duration });
  audio.currentTime = 0;
  if (stands?.id === idOf(audio)) stands = null;
  buttonOf(audio)?.style.removeProperty("--played");
});
listen("timeupdate", (audio) => { if (heard?.audio === audio && !audio.paused) heard.at = audio.currentTime; });
listen("timeupdate", (audio) => { const id = idOf(audio); if (id && audio.currentTime && heard?.audio === audio) stands = { id, at_s: audio.currentTime }; });
listen("timeupdate", placed);
listen("seeked", placed);
listen("error", (audio) => { pressed(audio, false); announce("This sound cannot be played."); });

const audioOf = (wave) => $("audio", wave.closest(".sg-transport"));
const seek = (audio, seconds) => {
  const whole = audio.duration || Number(audio.closest(".sg-transport")?.dataset.seconds) || 0;
  const to = Math.max(0, Math.min(whole, seconds));
  const go = () => { audio.currentTime = to; placed(audio); };
  if (audio.readyState >= 1) { go(); return; }
  audio.preload = "metadata";
  audio.addEventListener("loadedmetadata", go, { once: true });
  audio.load();
};
const playOrPause = (audio) => { if (audio.paused) audio.play().catch(() => {}); else audio.pause(); };  // another one may begin at once
// A turn's last redraw takes the players of what could be heard early with it. Who listens hears on in those that
// follow; who listens to the first seconds of a piece, in the whole.
onChange.push(() => {
  if (!heard || heard.audio.isConnected) return;
  const { plays, at, audio, sketch } = heard;
  const turns = $$(".sg-chat .sg-turn:not([aria-busy])");
  const same = $$(".sg-chat audio").find((one) => one.src === audio.src);
  const next = same || (sketch && turns.length ? $("figure[data-piece] audio", turns[turns.length - 1]) : null);
  if (!next && $(".sg-chat [aria-busy=true]")) return;
  heard = null;
  if (!plays || !next) return;
  seek(next, at);
  next.play().catch(() => {});
});
document.addEventListener("click", (event) => {
  const play = event.target.closest?.(".sg-play");
  const wave = event.target.closest?.(".sg-wave");
  if (play && play.nextElementSibling?.tagName === "AUDIO") playOrPause(play.nextElementSibling);
  else if (wave && wave.closest(".sg-transport")) {
    const edges = wave.getBoundingClientRect();
    const audio = audioOf(wave);
    seek(audio, ((event.clientX - edges.left) / edges.width) * Number(wave.getAttribute("aria-valuemax")));
    if (audio.paused) audio.play().catch(() => {});
  }
});
document.addEventListener("keydown", (event) => {
  const wave = event.target.closest?.(".sg-transport .sg-wave");
  if (!wave) return;
  const audio = audioOf(wave), whole = Number(wave.getAttribute("aria-valuemax"));
  const to = { ArrowRight: audio.currentTime + 5, ArrowLeft: audio.currentTime - 5, Home: 0, End: whole - 1, PageUp: audio.currentTime + 15, PageDown: audio.currentTime - 15 }[event.key];
  if (event.key === " " || event.key === "Enter") playOrPause(audio);
  else if (to !== undefined) seek(audio, to);
  else return;
  event.preventDefault();
});
