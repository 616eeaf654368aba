// Small helps of the page: one sound at a time, and the way to the library's box.
() => {
  document.addEventListener("play", (event) => {
    for (const audio of document.querySelectorAll("audio")) {
      if (audio !== event.target) audio.pause();
    }
  }, true);
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
