// Small helps of the page: one sound at a time, small players, words that can be clicked, the way back after a reload.
() => {
  const SESSION = "segue-session";
  window.segueKept = () => [sessionStorage.getItem(SESSION) || ""];
  window.segueKeep = (id) => sessionStorage.setItem(SESSION, id || "");
  window.segueMayDelete = (id) => [id && confirm("Delete this conversation? What it made stays in the store.") ? id : ""];

  const buttonOf = (audio) => {
    const before = audio.previousElementSibling;
    return before && before.classList.contains("sg-play") ? before : null;
  };
  const pressed = (audio, on) => buttonOf(audio)?.setAttribute("aria-pressed", on);
  const listen = (type, then) => document.addEventListener(type, (event) => then(event.target), true);
  listen("play", (audio) => {
    for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
    pressed(audio, true);
  });
  listen("pause", (audio) => pressed(audio, false));
  listen("ended", (audio) => { pressed(audio, false); buttonOf(audio)?.style.removeProperty("--played"); });
  listen("timeupdate", (audio) => {
    if (audio.duration) buttonOf(audio)?.style.setProperty("--played", `${360 * audio.currentTime / audio.duration}deg`);
  });

  const say = (text) => {
    const box = document.querySelector(".sg-input textarea");
    if (!box || box.disabled) return;
    const draft = box.value.trim();
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, draft ? `${draft} ${text}` : text);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
    // What somebody was writing is not sent for them.
    if (!draft) setTimeout(() => document.querySelector(".sg-input .submit-button")?.click(), 60);
  };
  document.addEventListener("click", (event) => {
    const play = event.target.closest(".sg-play");
    const words = event.target.closest("[data-say]");
    if (play) {
      const audio = play.nextElementSibling;
      if (audio.paused) audio.play().catch(() => {}); else audio.pause();  // another one may begin at once
    } else if (words) say(words.dataset.say);
  });

  // What was just said is brought into view, wherever one had scrolled to.
  let said = 0;
  new MutationObserver(() => {
    const all = document.querySelectorAll(".sg-chat .sg-said");
    if (all.length > said) all[all.length - 1].scrollIntoView({ block: "start" });
    said = all.length;
  }).observe(document.body, { childList: true, subtree: true });

  const narrow = window.matchMedia("(max-width: 768px)").matches;
  if (narrow) document.querySelector(".sidebar.open .toggle-button")?.click();
  window.segueOpenLibrary = () => {
    const bar = document.querySelector(".sidebar");
    const toggle = bar && !bar.classList.contains("open") && bar.querySelector(".toggle-button");
    if (toggle) toggle.click();
    const heads = [...document.querySelectorAll(".sg-side button.label-wrap")];
    const library = heads.find((head) => head.textContent.includes("Library"));
    if (library && !library.classList.contains("open")) library.click();
    setTimeout(() => library?.parentElement.querySelector("textarea, input")?.focus(), 300);
  };
}
