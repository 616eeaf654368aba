// What a screen reader and weak eyes need of the page as it stands: returns what is wrong, in words.
() => {
  const wrong = [];
  const shown = (one) => one.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && one.getClientRects().length > 0;
  const tell = (one, what) => wrong.push(`${what}: ${one.outerHTML.slice(0, 140)}`);
  const byId = (ids) => (ids || "").split(/\s+/).map((id) => document.getElementById(id)?.textContent || "").join(" ").trim();
  const nameOf = (one) => one.getAttribute("aria-label") || byId(one.getAttribute("aria-labelledby")) || one.getAttribute("alt")
    || [...(one.labels || [])].map((label) => label.textContent).join(" ").trim() || one.textContent.trim() || one.getAttribute("title") || "";

  if (!document.documentElement.lang) wrong.push("the page has no language");
  for (const one of document.querySelectorAll("button, a[href], input, textarea, select, img, [role=slider], [role=button], [role=switch], summary")) {
    if (!shown(one) || one.closest("[aria-hidden=true]")) continue;
    if (one.tagName === "IMG" ? !one.hasAttribute("alt") : !nameOf(one)) tell(one, "no name");
    if (Number(one.getAttribute("tabindex")) > 0) tell(one, "its own place in the focus order");
  }
  for (const one of document.querySelectorAll("[role=slider]")) {
    for (const name of ["aria-valuemin", "aria-valuemax", "aria-valuenow"]) if (!one.hasAttribute(name)) tell(one, `no ${name}`);
    if (one.tabIndex < 0) tell(one, "cannot be reached by the keyboard");
  }
  for (const one of document.querySelectorAll("[aria-hidden=true]")) {
    if (one.matches("button, a[href], input, textarea") && one.tabIndex >= 0 && shown(one)) tell(one, "hidden but in the focus order");
  }
  for (const list of document.querySelectorAll("ul, ol")) {
    for (const child of list.children) if (!["LI", "SCRIPT", "TEMPLATE"].includes(child.tagName)) tell(child, "stands in a list and is no item");
  }
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id).filter((id) => id.startsWith("sg-"));
  for (const id of ids) if (ids.filter((other) => other === id).length > 1) wrong.push(`the id ${id} stands twice`);

  // Contrast (WCAG 2.2, 1.4.3): 4.5 to 1, large text 3 to 1. Colours are read back from a canvas: CSS has many notations.
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return { r, g, b, a: a / 255 };
  };
  const over = (top, below) => ({ r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1 });
  const behind = (one) => {
    const layers = [];
    for (let at = one; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none" && style.backgroundImage.includes("gradient")) return null;
      const colour = rgba(style.backgroundColor);
      layers.push(colour);
      if (colour.a === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), { r: 255, g: 255, b: 255, a: 1 });
  };
  const light = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const seen = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || seen.has(one) || !shown(one) || one.closest("[disabled], [aria-hidden=true], .sg-unseen")) continue;
    seen.add(one);
    const style = getComputedStyle(one), ground = behind(one);
    if (!ground) continue;
    let faint = 1;
    for (let at = one; at; at = at.parentElement) faint *= Number(getComputedStyle(at).opacity);
    const ink = rgba(style.color);
    const written = over({ ...ink, a: ink.a * faint }, ground);
    const [high, low] = [light(written), light(ground)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) tell(one, `contrast ${ratio.toFixed(2)}`);
  }
  return wrong;
}
