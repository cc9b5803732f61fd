// Finds the button by which a consent banner goes. Like page_script.js it runs in the isolated world and changes nothing.
((page) => {
  "use strict";
  const { dom } = page;
  const MAX_BUTTONS = 400;
  const MAX_BANNER_CHARS = 8000;
  const MAX_LABEL = 60;
  const BUTTONS =
    "button, [role=button], input[type=button], input[type=submit], summary, a:not([href]), a[href^='#'], a[href=''], " +
    "[onclick], [class*=btn i], [class*=button i]";
  const WITHIN = "button, [role=button], input, a"; // a box around buttons is none
  const FIELDS = "input[type=password], input[type=email], input[type=tel], input[type=text], input:not([type]), textarea";
  const DIALOG = "dialog[open], [role=dialog], [role=alertdialog], [aria-modal=true]";

  // What lies over the page: fixed or sticky, a dialog, or lifted high.
  const overlayOf = (element) => {
    for (let at = element; at && at !== document.documentElement && at !== document.body; at = dom.parent(at)) {
      const { position, zIndex } = getComputedStyle(at);
      if (position === "fixed" || position === "sticky" || dom.matches(at, DIALOG)) return at;
      if (position === "absolute" && Number(zIndex) >= 100) return at;
    }
    return null;
  };

  const label = (element) =>
    (dom.innerText(element) || dom.getAttribute(element, "value") || dom.getAttribute(element, "aria-label") || dom.getAttribute(element, "title") || "").trim();

  // A press must neither follow a link nor send a form.
  const isHarmless = (element) => {
    const link = dom.closest(element, "a[href]");
    if (link && !/^\s*(#|javascript:|$)/i.test(link.getAttribute("href"))) return false;
    const form = dom.closest(element, "form");
    const isSubmit = /^(submit|image)$/.test(dom.closest(element, "button, input")?.type ?? "");
    return !form || !isSubmit || dom.getAttribute(form, "method") === "dialog" || !dom.hasAttribute(form, "action");
  };

  // Where to press, or null where the button is out of sight or something else lies there.
  const place = (element, overlay) => {
    const box = dom.getBoundingClientRect(element);
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    if (box.width < 4 || box.height < 4 || x < 0 || y < 0 || x > innerWidth || y > innerHeight) return null;
    const top = dom.getRootNode(element).elementFromPoint?.(x, y);
    if (top && top !== element && !dom.contains(element, top) && !dom.contains(top, element)) return null;
    return {
      x,
      y,
      label: label(element).slice(0, 200),
      path: page.pathOf(element),
      text: overlay ? dom.innerText(overlay).slice(0, 1000) : "",
    };
  };

  const findBanner = (terms) => {
    const [about, refuse, close, accept, never] = ["about", "refuse", "close", "accept", "never"].map((name) => new RegExp(terms[name], "iu"));
    const cache = new WeakMap();
    const isPressable = (element) => page.isShown(element, cache) && !element.disabled && isHarmless(element);
    const roots = [document, ...page.openRoots()];
    const all = (selector) => roots.flatMap((root) => Array.from(root.querySelectorAll(selector)).slice(0, MAX_BUTTONS));
    const candidates = [];

    for (const [banner, refusing, accepting] of terms.managers) {
      if (!all(banner).some((element) => dom.getClientRects(element).length || dom.shadowRoot(element))) continue;
      for (const [rank, selector] of [[0, refusing], [3, accepting]])
        for (const element of all(selector)) if (isPressable(element)) candidates.push([rank, element, overlayOf(element)]);
    }

    const rankOf = (text) => {
      if (refuse.test(text)) return 1;
      if (/^[×✕✖✗⨯x]$/iu.test(text) || (text.length <= 20 && close.test(text))) return 2;
      return accept.test(text) ? 4 : -1;
    };
    const known = new WeakMap();
    const isBanner = (overlay) => {
      if (!known.has(overlay)) {
        const text = dom.innerText(overlay);
        known.set(overlay, text.length <= MAX_BANNER_CHARS && about.test(text) && !dom.querySelector(overlay, FIELDS) && !page.holdsMention(overlay));
      }
      return known.get(overlay);
    };
    for (const element of all(BUTTONS)) {
      if (dom.textContent(element).length > 4 * MAX_LABEL || dom.querySelector(element, WITHIN)) continue;
      const text = label(element);
      const rank = !text || text.length > MAX_LABEL ? -1 : rankOf(text);
      if (rank < 0 || (never.test(text) && rank !== 1) || !isPressable(element)) continue;
      const overlay = overlayOf(element);
      if (overlay && isBanner(overlay)) candidates.push([rank, element, overlay]);
    }

    candidates.sort((one, other) => one[0] - other[0]);
    for (const [, element, overlay] of candidates) {
      const found = place(element, overlay);
      if (found) return found;
    }
    return null;
  };

  // The same, and where a consent manager is at work that has not shown its banner yet, after a moment.
  const awaitBanner = async (terms, budgetMs) => {
    const until = performance.now() + budgetMs;
    let found = findBanner(terms);
    while (!found && performance.now() < until && document.querySelector(terms.heralds)) {
      await page.sleep(100);
      found = findBanner(terms);
    }
    return found;
  };

  // Whether it has gone within that time: some fade.
  const isBannerGone = async (terms, path, budgetMs) => {
    const until = performance.now() + budgetMs;
    do {
      await page.sleep(50);
      if (findBanner(terms)?.path !== path) return true;
    } while (performance.now() < until);
    return false;
  };

  return { awaitBanner, isBannerGone };
})
