// The right side's "now": the piece in focus with sections and chords in time, its mixer, versions and downloads.
let now = { id: "" };
const FORMS = [["wav", "WAV"], ["flac", "FLAC"], ["mp3", "MP3"]];
const NOTES = [["mid", "MIDI"], ["musicxml", "MusicXML"]];
const fileName = (title, suffix) => `${[...title].map((char) => (/[\p{L}\p{N} \-_()]/u.test(char) ? char : "_")).join("").replace(/^[ _]+|[ _]+$/g, "").slice(0, 80) || "segue"}.${suffix}`;

const lane = (spans, seconds, kind, label) => (spans.length ? el("ol", { class: `sg-lane ${kind}`, "aria-label": label }, ...spans.map((span) => {
  const one = el("li", { title: `${clock(span.start_s)} ${span.name}` }, el("button", { type: "button", "data-at": span.start_s, "aria-label": `${span.name}, ${clock(span.start_s)}` }, span.name));
  one.style.left = `${(100 * span.start_s) / seconds}%`;
  one.style.width = `${(100 * (span.end_s - span.start_s)) / seconds}%`;
  return one;
})) : null);

// As wide as it takes to read nearly every chord: a passing one may be cut, it has its name as a hint.
const CHORD_PX = 7, LEAST_PX = 10, MOST_PX = 9000;
const wide = (about) => {
  const needs = about.chords.map((span) => ((span.name.length * CHORD_PX + LEAST_PX) * about.duration_s) / Math.max(0.05, span.end_s - span.start_s)).sort((a, b) => a - b);
  return needs.length ? Math.min(MOST_PX, Math.ceil(needs[Math.floor(0.95 * (needs.length - 1))])) : 0;
};

const facts = (about) => {
  const rows = [
    ["key", about.key], ["tempo", about.bpm && `${Math.round(about.bpm)} bpm`], ["meter", about.meter],
    ["loudness", about.loudness != null && `${about.loudness.toFixed(1)} LUFS`], ["length", about.duration_s && length(about.duration_s)],
    ["genre", (about.genre || "").replaceAll("_", " ")],
  ].filter(([, value]) => value);
  return el("dl", { class: "sg-about" }, ...rows.map(([label, value]) => el("div", {}, el("dt", {}, label), el("dd", {}, value))));
};

const downloads = (about) => {
  const forms = [...(about.duration_s ? FORMS : []), ...(about.has_score ? NOTES : [])];
  const links = forms.map(([suffix, label]) => el("a", {
    class: "sg-get", href: `/artifacts/${about.id}/${encodeURIComponent(fileName(about.title, suffix))}`, download: fileName(about.title, suffix), "aria-label": `Download ${about.title} as ${label}`,
  }, label));
  const asks = [about.stems.length ? ["Stems", "give me the stems"] : null, about.has_score ? ["DAW", "export it for my DAW"] : null].filter(Boolean);
  return el("nav", { class: "sg-links", "aria-label": `Downloads of ${about.title}` }, ...links, ...asks.map(([label, words]) => el("button", {
    type: "button", class: "sg-say", "aria-label": `Make ${label} of ${about.title}`, on: { click: () => { carry(about.id, about.title); say(words); } },
  }, label)));
};

const versions = (about) => {
  if (about.versions.length < 2) return null;
  const known = new Map(about.versions.map((one) => [one.id, one]));
  const depth = (one, left = 12) => (left && one.parents.length && known.has(one.parents[0]) ? 1 + depth(known.get(one.parents[0]), left - 1) : 0);
  const rows = about.versions.map((one) => {
    const row = el("li", {}, el("button", { type: "button", class: "sg-version", "aria-current": one.id === about.id ? "true" : null, on: { click: () => show(one.id, true) } },
      el("b", {}, one.title), el("small", {}, one.how)));
    row.style.setProperty("--depth", Math.min(6, depth(one)));
    return row;
  });
  return el("details", { class: "sg-fold", open: true }, el("summary", {}, `${about.versions.length} versions`), el("ol", { class: "sg-versions" }, ...rows));
};

const strip = (mixer, stem) => {
  const flip = (what, label, sign) => el("button", {
    type: "button", class: `sg-flip sg-${what}`, "aria-pressed": "false", "aria-label": `${label} ${stem.name}`, title: `${label} ${stem.name}`,
    on: { click: (event) => { const on = !mixer.stems.find((one) => one.name === stem.name)[what]; event.currentTarget.setAttribute("aria-pressed", on); turn(mixer, stem.name, { [what]: on }); } },
  }, sign);
  const level = el("input", { type: "range", min: FLOOR_DB, max: 6, step: 1, value: 0, "aria-label": `Level of ${stem.name}`, "aria-valuetext": "0 dB" });
  level.addEventListener("input", () => {
    const db = Number(level.value);
    level.setAttribute("aria-valuetext", db <= FLOOR_DB ? "silent" : `${db} dB`);
    turn(mixer, stem.name, { db });
  });
  return el("li", { "data-stem": stem.name }, el("span", {}, stem.name), flip("mute", "Mute", "M"), flip("solo", "Solo", "S"), level);
};
// The first touch loads the stems, and they take over where the whole mix was.
const turn = async (mixer, name, change) => {
  mixer.set(name, change);
  if (mixer.context && mixer.ready) return;
  const status = $("#sg-now .sg-mixing");
  try {
    await mixer.load((done, all) => { status.textContent = done < all ? `Loading stems: ${done} of ${all}` : ""; });
  } catch {
    status.textContent = "The stems cannot be loaded.";
    return;
  }
  if (mixer.ready || now.mixer !== mixer) return;
  mixer.ready = true;
  const audio = $("#sg-now audio");
  const playing = !audio.paused;
  mixer.at = audio.currentTime;
  audio.pause();
  if (playing) mixer.play();
};

const desk = (about) => {
  if (about.stems.length < 2) return null;
  const keep = el("button", { type: "button", class: "sg-say sg-keep", hidden: true, on: { click: () => { const words = now.mixer.words(); if (words) { carry(about.id, about.title); say(words); } } } }, "Make this mix");
  const mixer = new Mixer(about.stems, about.duration_s, () => { keep.hidden = !mixer.words(); moved(); });
  now.mixer = mixer;
  return el("details", { class: "sg-fold sg-desk", open: true }, el("summary", {}, `Mixer · ${about.stems.length} stems`),
    el("ol", { class: "sg-mixer" }, ...mixer.stems.map((stem) => strip(mixer, stem))), el("p", { class: "sg-quiet sg-mixing", role: "status" }), keep);
};

const usesMixer = () => now.mixer?.ready;
const moved = () => {
  const wave = $("#sg-now .sg-wave");
  if (!wave || !usesMixer()) return;
  const { time, seconds, playing } = now.mixer;
  wave.style.setProperty("--at", `${(100 * time) / seconds}%`);
  follow(wave, time / seconds);
  wave.setAttribute("aria-valuenow", time.toFixed(1));
  wave.setAttribute("aria-valuetext", `${clock(time)} of ${length(seconds)}`);
  $("#sg-now .sg-clock").textContent = `${clock(time)} / ${length(seconds)}`;
  $("#sg-now .sg-play").setAttribute("aria-pressed", playing);
};
setInterval(() => { if (now.mixer?.playing) moved(); }, 100);
quiet.push((by) => { if (now.mixer && by !== now.mixer) now.mixer.pause(); });

const stage = (about) => {
  if (!about.duration_s) return null;
  const seconds = about.duration_s;
  const play = el("button", { type: "button", class: "sg-play", "aria-label": `Play ${about.title}`, "aria-pressed": "false" });
  const wave = el("div", { class: "sg-wave", role: "slider", tabindex: 0, "aria-label": `Position in ${about.title}`, "aria-valuemin": 0, "aria-valuemax": seconds, "aria-valuenow": 0, "aria-valuetext": "0:00", "data-sound": about.id });
  const strip = el("div", { class: "sg-strip" }, wave, lane(about.sections, seconds, "sg-sections", "Sections"), lane(about.chords, seconds, "sg-chords", "Chords"));
  if (about.chords.length) strip.style.setProperty("--wide", `${wide(about)}px`);
  const transport = el("div", { class: "sg-transport", "data-seconds": seconds }, play, el("audio", { preload: "none", src: `/artifacts/${about.id}` }), el("div", { class: "sg-scroll" }, strip), el("span", { class: "sg-clock", "aria-hidden": "true" }, length(seconds)));
  return el("div", { class: "sg-stage" }, transport);
};

// While the mixer plays, the stage's own button and outline steer it.
document.addEventListener("click", (event) => {
  const inside = event.target.closest?.("#sg-now");
  if (!inside) return;
  const at = event.target.closest("[data-at]");
  if (at) {
    const to = Number(at.dataset.at);
    if (usesMixer()) now.mixer.seek(to); else { const audio = $("#sg-now audio"); seek(audio, to); if (audio.paused) audio.play().catch(() => {}); }
    return;
  }
  if (!usesMixer()) return;
  const wave = event.target.closest(".sg-wave");
  if (event.target.closest(".sg-play")) { event.stopPropagation(); if (now.mixer.playing) now.mixer.pause(); else now.mixer.play(); }
  if (wave) { event.stopPropagation(); const edges = wave.getBoundingClientRect(); now.mixer.seek(((event.clientX - edges.left) / edges.width) * now.mixer.seconds); }
}, true);
document.addEventListener("keydown", (event) => {
  if (!event.target.closest?.("#sg-now .sg-wave") || !usesMixer()) return;
  const to = { ArrowRight: now.mixer.time + 5, ArrowLeft: now.mixer.time - 5, Home: 0 }[event.key];
  if (event.key === " " || event.key === "Enter") { if (now.mixer.playing) now.mixer.pause(); else now.mixer.play(); }
  else if (to !== undefined) now.mixer.seek(to);
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);

const show = async (id, asked = false) => {
  if (!id || (id === now.id && !asked)) return;
  now.mixer?.close();
  const mine = (now = { id });
  const place = $("#sg-now");
  if (!place) return;
  place.setAttribute("aria-busy", "true");
  const answer = await fetch(`/api/pieces/${encodeURIComponent(id)}/about`).catch(() => null);
  if (now !== mine) return;
  place.removeAttribute("aria-busy");
  if (!answer?.ok) { place.replaceChildren(el("p", { class: "sg-quiet" }, "Nothing is known of this.")); return; }
  const about = await answer.json();
  if (now !== mine) return;
  const use = el("button", { type: "button", class: "sg-open", "data-carry": about.id, "data-title": about.title, "aria-label": `Use ${about.title} for the next message` }, "Use");
  place.replaceChildren(...[el("h3", {}, about.title, use), facts(about), stage(about), desk(about), downloads(about), versions(about)].filter(Boolean));
  if (asked) { if (!isOpen(".sg-right")) toggle(".sg-right"); announce(`${about.title} is open at the side`); }
};
document.addEventListener("click", (event) => {
  const open = event.target.closest?.("figure .sg-open:not([data-carry])");
  if (open) show(open.closest("[data-piece]").dataset.piece, true);
});
// What was made last is what is talked about.
let last = "";
onChange.push(() => {
  const pieces = $$(".sg-chat .sg-turn:not([aria-busy]) figure[data-piece]");
  const id = pieces.length ? pieces[pieces.length - 1].dataset.piece : "";
  if (id && id !== last) show(id);
  if (!id && last) { now.mixer?.close(); now = { id: "" }; $("#sg-now")?.replaceChildren(el("p", { class: "sg-quiet" }, "What is made or opened stands here.")); }
  last = id;
});
